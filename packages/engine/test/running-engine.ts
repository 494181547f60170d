import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type FrameLease,
  type HostTime,
  invariant,
  ManualClock,
  nanoseconds,
  nanosecondsFromMs,
  type Tick,
  type Timer,
} from "@retrovue/core";
import { readCompactMark } from "@retrovue/core/testing";
import { NodeHostTime } from "../src/clock/node-host-time.js";
import { readConfigText } from "../src/config/load.js";
import { Engine } from "../src/engine.js";
import { openLog } from "../src/log/log.js";

/** 2026-01-01T00:00:00Z: any instant will do, but always the same. */
const epochNs = 1_767_225_600_000_000_000n;

/** An engine of small pictures within this process, on a clock that moves when told. */
export const smallConfig = (channels: string, more = ""): string => `
engine: { id: test-1, isolation: none, spareWorkers: 0, dataDir: ./var }
clock: { use: manual }
media: { roots: [.] }
frameBus: { use: "@retrovue/engine/plugins/memory-bus" }
decoders: [{ use: "@retrovue/decoder-pattern" }]
conformer: { use: "@retrovue/engine/plugins/copy-conformer" }
transports: []
http: { control: { listen: "127.0.0.1:0" } }
telemetry: { metrics: { listen: "127.0.0.1:0" } }
defaults: { format: { width: 16, height: 16, frameRate: 25 }, historyMs: 2000 }
channels: ${channels}
${more}`;

/** What one tick showed. */
export interface Seen {
  readonly tick: Tick;
  /** Number of the source picture, where the pixels say one. */
  readonly frame: number | undefined;
  readonly standIn: string | undefined;
  readonly segmentId: string;
}

/** Starts engines in a folder of their own, and lets their time pass. */
export class RunningEngine implements AsyncDisposable {
  readonly lines: Record<string, unknown>[] = [];
  /** What the next engine waits by. */
  timer: Timer = new NodeHostTime().timer;
  /** When the next engine begins. */
  atNs = epochNs;
  readonly #folder = mkdtempDisposableSync(join(tmpdir(), "playout-engine-"));
  #engine: Engine | undefined;
  /** By channel, the tick after the last one that was watched. */
  readonly #watched = new Map<number, number>();

  get folder(): string {
    return this.#folder.path;
  }

  get engine(): Engine {
    invariant(this.#engine !== undefined, "start it first");
    return this.#engine;
  }

  /** Of waits that are begun from now on and last exactly so long, what ends each at once; they go on by themselves as well. */
  wakesAfter(delayNs: bigint): readonly (() => void)[] {
    const { timer } = this;
    const wakes: (() => void)[] = [];
    this.timer = {
      after: (delay, wake) => {
        if (delay === delayNs) wakes.push(wake);
        return timer.after(delay, wake);
      },
    };
    return wakes;
  }

  async start(config: string, signal?: AbortSignal): Promise<Engine> {
    const reading = readConfigText(config, join(this.folder, "playout.yaml"), { environment: {} });
    if (!reading.ok) throw new Error(reading.faults.map(({ path, found }) => `${path}: ${found}`).join("\n"));
    const real = new NodeHostTime();
    const host: HostTime = {
      monotonic: () => real.monotonic(),
      utc: () => nanoseconds(this.atNs),
      timer: this.timer,
    };
    this.#engine = await Engine.start({
      config: reading.config,
      host,
      log: openLog({
        level: "debug",
        format: "json",
        now: () => this.atNs,
        write: (line) => this.lines.push(JSON.parse(line)),
      }),
      build: { version: "0.0.0", commit: "none", node: process.version },
      ...(signal && { signal }),
    });
    return this.#engine;
  }

  /** Lets time pass while a reader looks at every tick, from the one after those that were watched before, or the first. */
  async watch(channel: number, forMs: number): Promise<readonly Seen[]> {
    const { clock, frameBus } = this.engine;
    invariant(clock instanceof ManualClock, "time moves when told");
    const signal = new AbortController().signal;
    const address = { engineId: "test-1", channelId: channel };
    await using reader = await frameBus.openReader(address, { name: "test" }, signal);
    const seen: Seen[] = [];
    let next = this.#watched.get(channel) ?? 0;
    for (let passed = 0; passed < forMs; passed += 40) {
      await clock.advanceBy(nanosecondsFromMs(40));
      const head = reader.head();
      if (head >= 0) next = Math.max(next, reader.oldest());
      for (; head >= 0 && next <= head; next++) {
        const lease = await reader.at(next as Tick, signal);
        invariant(!lease.overrun, "the test's reader keeps up");
        seen.push(seenIn(lease));
        lease.release();
      }
    }
    this.#watched.set(channel, next);
    return seen;
  }

  /** Lines of the log with this message. */
  logged(message: string): readonly Record<string, unknown>[] {
    return this.lines.filter((line) => line["message"] === message);
  }

  async stop(): Promise<void> {
    const { clock } = this.engine;
    this.atNs = clock.now();
    await this.engine.stop();
    this.#engine = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine?.stop();
    this.#folder.remove();
  }
}

function seenIn(lease: FrameLease): Seen {
  const { standIn, segmentId } = lease.meta;
  const mark = readCompactMark(lease.picture.planes[0] ?? new Uint8Array());
  return { tick: lease.tick, frame: standIn === undefined ? mark?.frame : undefined, standIn, segmentId };
}
