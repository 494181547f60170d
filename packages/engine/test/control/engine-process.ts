import { mkdtempDisposableSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type PlayoutClient } from "@retrovue/client";
import { type FrameReader, invariant, type Tick } from "@retrovue/core";
import { readCompactMark } from "@retrovue/core/testing";
import { ShmFrameBus } from "@retrovue/framebus-shm";
import { expect } from "vitest";
import { startedPlayout } from "../built-cli.js";

let made = 0;
const busFolder = "/dev/shm";

/** What one tick showed. */
export interface SeenTick {
  readonly tick: Tick;
  readonly standIn: string | undefined;
  readonly segmentId: string;
  /** Which asset, and which of its pictures; undefined where the pixels say none. */
  readonly mark: { readonly asset: number; readonly frame: number } | undefined;
}

/** An engine as it is shipped: the built command, workers in processes, the bus in shared memory; its control plane on a Unix socket. */
export class EngineProcess implements AsyncDisposable {
  readonly #folder = mkdtempDisposableSync(join(tmpdir(), "playout-control-"));
  readonly #prefix = `ctl${process.pid}-${++made}`;
  #process: ReturnType<typeof startedPlayout> | undefined;

  get folder(): string {
    return this.#folder.path;
  }

  /** Writes the configuration; `channels` and what follows it are YAML. */
  configure(channels: string, more = ""): this {
    writeFileSync(
      join(this.folder, "playout.yaml"),
      `
engine: { id: test-1, isolation: process, spareWorkers: 1, dataDir: ./var }
media: { roots: [.] }
frameBus: { use: "@retrovue/framebus-shm", options: { prefix: ${this.#prefix} } }
decoders: [{ use: "@retrovue/decoder-pattern" }]
conformer: { use: "@retrovue/engine/plugins/copy-conformer" }
transports: [{ use: "@retrovue/transport-grpc", options: { listen: ["unix:${join(this.folder, "grpc.sock")}"] } }]
http: { control: { listen: "127.0.0.1:0" } }
telemetry: { metrics: { listen: "127.0.0.1:0" }, log: { level: debug, format: json } }
defaults: { format: { width: 16, height: 16, frameRate: 30000/1001 }, historyMs: 3000 }
channels: ${channels}
${more}`,
    );
    return this;
  }

  /** Starts it; resolves when its control plane answers. */
  async start(): Promise<PlayoutClient> {
    this.#process = startedPlayout([], { cwd: this.folder });
    await this.untilLogged("control plane listens");
    return this.connect();
  }

  /** Another connection to it. */
  connect(): PlayoutClient {
    return connect(this.address);
  }

  /** How the names of its frame buses begin. */
  get prefix(): string {
    return this.#prefix;
  }

  /** Where its control plane listens, for `ctl --to`. */
  get address(): string {
    return `unix:${join(this.folder, "grpc.sock")}`;
  }

  get pid(): number {
    return this.#process?.child.pid ?? 0;
  }

  /** Processes that it has begun and that still run, the oldest first. */
  async workers(): Promise<readonly number[]> {
    const text = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, "utf8");
    return text.trim().split(" ").filter(Boolean).map(Number);
  }

  /** Lines of this run's log with this message. */
  logged(message: string): readonly Record<string, unknown>[] {
    const whole = this.#process?.text.out.split("\n").slice(0, -1).filter(Boolean) ?? [];
    const lines = whole.map((line) => JSON.parse(line) as Record<string, unknown>);
    return lines.filter((line) => line["message"] === message);
  }

  async untilLogged(message: string): Promise<void> {
    await expect
      .poll(() => this.logged(message).length, { timeout: 60_000, message: this.#process?.text.err ?? "" })
      .toBeGreaterThan(0);
  }

  /** Where metrics are, as `http://127.0.0.1:41234/metrics`. */
  get metricsUrl(): string {
    return `http://${String(this.logged("engine started")[0]?.["metrics"])}/metrics`;
  }

  openReader(channelId: number): Promise<FrameReader> {
    const bus = new ShmFrameBus({ prefix: this.#prefix, directory: busFolder });
    return bus.openReader({ engineId: "test-1", channelId }, { name: "test" }, AbortSignal.timeout(60_000));
  }

  /** Ends it by a signal; resolves when it is gone. */
  async end(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<number | null> {
    this.#process?.child.kill(signal);
    return (await this.#process?.ended)?.code ?? null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process?.[Symbol.dispose]();
    await this.#process?.ended;
    // Of an engine that was killed, and of which no other one came after.
    for (const name of readdirSync(busFolder))
      if (name.startsWith(this.#prefix)) rmSync(join(busFolder, name));
    this.#folder.remove();
  }
}

/** Reads every tick of a bus until it is disposed; none may be missing. */
export class BusWatch implements AsyncDisposable {
  readonly seen: SeenTick[] = [];
  readonly #end = new AbortController();
  readonly #reading: Promise<void>;

  constructor(readonly reader: FrameReader) {
    this.#reading = this.#read();
  }

  /** Resolves when a tick was seen. */
  async until(tick: Tick): Promise<void> {
    await expect.poll(() => this.seen.at(-1)?.tick ?? -1, { timeout: 60_000 }).toBeGreaterThanOrEqual(tick);
  }

  /** What was seen from one tick to another, the latter left out. */
  between(from: number, to: number): readonly SeenTick[] {
    return this.seen.filter(({ tick }) => tick >= from && tick < to);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#reading;
    await this.reader[Symbol.asyncDispose]();
  }

  async #read(): Promise<void> {
    const { signal } = this.#end;
    try {
      for (;;) {
        const lease = await this.reader.next(signal);
        invariant(!lease.overrun, "the test's reader keeps up");
        const { standIn, segmentId } = lease.meta;
        const mark = readCompactMark(lease.picture.planes[0] ?? new Uint8Array());
        this.seen.push({
          tick: lease.tick,
          standIn,
          segmentId,
          mark: mark && { asset: mark.asset, frame: mark.frame },
        });
        lease.release();
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }
}
