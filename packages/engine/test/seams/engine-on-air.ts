import { once } from "node:events";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { FrameReader, Nanoseconds, ProgramFormat, Tick } from "@retrovue/core";
import { ShmFrameBus } from "@retrovue/framebus-shm";
import { clipFolder } from "@retrovue/plugin-contract";
import { startedPlayout } from "../built-cli.ts";
import { Elapsed, pause } from "./real-time.ts";

/** How an engine for a run of seams is set up. */
export interface EngineOnAirOptions {
  readonly format: ProgramFormat;
  /** The plan file's text. */
  readonly plan: string;
  /** House time at first, of a clock that moves when told; undefined: the host's. */
  readonly steppedFrom: Nanoseconds | undefined;
  /** As the configuration has them. Default: libav alone. */
  readonly decoders?: readonly DecoderEntry[];
}

/** A decoder as the configuration has it. */
export interface DecoderEntry {
  readonly use: string;
  readonly options?: Readonly<Record<string, unknown>>;
}

let enginesMade = 0;

/** Anything takes longer than it should only where it never comes. */
/** From one key frame to the next. */
export const groupMs = 500;

const patienceMs = 60_000;

/** An engine as it is shipped, in processes of its own: built command, shared-memory bus, free ports. */
export class EngineOnAir implements AsyncDisposable {
  readonly #folder = mkdtempDisposableSync(join(tmpdir(), "playout-seams-"));
  readonly #prefix = `seams${process.pid}-${++enginesMade}`;
  readonly #options: EngineOnAirOptions;
  readonly #process;
  #clock: { readonly socket: Socket; readonly answers: AsyncIterator<string> } | undefined;

  constructor(options: EngineOnAirOptions) {
    this.#options = options;
    writeFileSync(join(this.folder, "plan.json"), options.plan);
    writeFileSync(join(this.folder, "playout.yaml"), this.#config());
    this.#process = startedPlayout([], { cwd: this.folder });
  }

  get folder(): string {
    return this.#folder.path;
  }

  /** Lines of the log with this message. */
  logged(message: string): readonly Record<string, unknown>[] {
    return this.#lines().filter((line) => line["message"] === message);
  }

  /**
   * What the engine wrote that a person would look at: warnings and errors, and what is not its log.
   *
   * @param from of ticks before it nothing is told: a cold engine on a busy machine may stand in at its start
   * @param expected messages that are as they should be
   */
  troubles(from: Tick, expected: readonly string[] = []): readonly string[] {
    const harmless = new Set(["info", "debug", "trace"]);
    const bad = this.#lines().filter(
      ({ level, tick, message }) =>
        !harmless.has(String(level)) &&
        !(typeof tick === "number" && tick < from) &&
        !expected.includes(String(message)),
    );
    return [
      ...bad.map((line) => JSON.stringify(line)),
      ...this.#process.text.err.split("\n").filter(Boolean),
    ];
  }

  /** Resolves when the channel's bus is there, and opens it. */
  async openBus(): Promise<FrameReader> {
    await this.#until(() => this.logged("channel started").length > 0, "the channel's start");
    const bus = new ShmFrameBus({ prefix: this.#prefix, directory: "/dev/shm" });
    const signal = AbortSignal.timeout(patienceMs);
    return await bus.openReader({ engineId: "seams", channelId: 1 }, { name: "seams" }, signal);
  }

  /** Resolves when the channel's renderer is at work: from then on it makes stills. */
  async untilEncoding(): Promise<void> {
    const elapsed = new Elapsed();
    for (;;) {
      const { status } = await fetch(this.streamUrl().replace(/ts$/, "jpg"));
      if (status === 200) return;
      if (elapsed.ms > patienceMs)
        throw new Error(`The renderer is not at work: its still answers ${status}.`);
      await pause(20);
    }
  }

  /** Where the channel's stream is. */
  streamUrl(): string {
    return `http://${String(this.logged("engine started")[0]?.["view"])}/channel/1.ts`;
  }

  /** Moves house time; resolves when the engine's own process is there. */
  async moveTo(at: Nanoseconds): Promise<void> {
    this.#clock ??= await this.#openClock();
    this.#clock.socket.write(`${at}\n`);
    await this.#clock.answers.next();
  }

  /** Waits until something holds, as long as the engine runs. */
  async until(holds: () => boolean, what: string): Promise<void> {
    await this.#until(holds, what);
  }

  /** Asks it to end and tells how it did. */
  async stop(): Promise<number | null> {
    this.#process.child.kill("SIGTERM");
    return (await this.#process.ended).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#clock?.socket.destroy();
    this.#process[Symbol.dispose]();
    await this.#process.ended;
    this.#folder.remove();
  }

  async #openClock() {
    const socket = connect(join(this.folder, "clock.sock"));
    await once(socket, "connect");
    const answers = createInterface({ input: socket })[Symbol.asyncIterator]();
    return { socket, answers };
  }

  #lines(): Record<string, unknown>[] {
    const whole = this.#process.text.out.split("\n").slice(0, -1).filter(Boolean);
    return whole.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    const elapsed = new Elapsed();
    while (!holds()) {
      if (this.#process.child.exitCode !== null || this.#process.child.signalCode !== null)
        throw new Error(
          `The engine ended before ${what}:\n${this.#process.text.err}${this.#process.text.out}`,
        );
      if (elapsed.ms > patienceMs)
        throw new Error(`The engine did not come to ${what}:\n${this.troubles(0 as Tick).join("\n")}`);
      await pause(1);
    }
  }

  #config(): string {
    const { format, steppedFrom, decoders = [{ use: "@retrovue/decoder-libav" }] } = this.#options;
    const { num, den } = format.frameRate;
    const clock =
      steppedFrom === undefined
        ? { use: "system" }
        : {
            use: fileURLToPath(new URL("./stepped-clock.ts", import.meta.url)),
            options: { socket: join(this.folder, "clock.sock"), startNs: `${steppedFrom}` },
          };
    // YAML takes JSON as it is.
    return JSON.stringify({
      engine: { id: "seams", spareWorkers: 0, dataDir: "./var" },
      media: { roots: [clipFolder()] },
      clock,
      frameBus: { use: "@retrovue/framebus-shm", options: { prefix: this.#prefix } },
      decoders,
      transports: [],
      http: { control: { listen: "127.0.0.1:0" } },
      telemetry: { metrics: { enabled: false }, log: { level: "debug", format: "json" } },
      defaults: {
        format: { width: format.width, height: format.height, frameRate: `${num}/${den}` },
        historyMs: 3000,
        encode: { video: { bitrateKbps: 1500, gopMs: groupMs, preset: "ultrafast" } },
      },
      channels: [{ id: 1, name: "Seams", plan: "./plan.json" }],
    });
  }
}
