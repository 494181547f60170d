import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BusAddress, FrameReader } from "@retrovue/core";
import { ShmFrameBus } from "@retrovue/framebus-shm";
import { freePort } from "../../../../scripts/bench/free-port.ts";
import { MeasuredProgram } from "../../../../scripts/bench/measured-program.ts";
import { maps, named } from "../../../../scripts/bench/process-tree.ts";
import { pause } from "../../../../scripts/bench/real-time.ts";

const launcher = fileURLToPath(new URL("../../../../bin/retrovue-playout", import.meta.url));

let enginesMade = 0;

/** What an engine is started with. */
export interface BusEngineOptions {
  /** What each of its channels plays in a loop. */
  readonly media: string;
  readonly channels: number;
  /** `defaults.directBuffers`; undefined: the engine's own choice. */
  readonly directBuffers?: number | undefined;
  /** Default true. */
  readonly autostart?: boolean;
}

/** The engine as it is shipped, with channels of 1080p29.97 on their buses alone. */
export class BusEngine implements AsyncDisposable {
  readonly bus = new ShmFrameBus();
  readonly metricsPort: number;
  readonly #port: number;
  readonly #id = `bench-${process.pid}-${++enginesMade}`;
  readonly #folder = mkdtempSync(join(tmpdir(), "retrovue-engine-bench-"));
  readonly #program: MeasuredProgram;

  private constructor(port: number, metricsPort: number, options: BusEngineOptions) {
    this.#port = port;
    this.metricsPort = metricsPort;
    const file = join(this.#folder, "playout.json");
    writeFileSync(file, JSON.stringify(this.#config(port, options)));
    this.#program = new MeasuredProgram(launcher, ["--config", file], {
      cwd: this.#folder,
      showsErrors: true,
    });
  }

  static async start(options: BusEngineOptions): Promise<BusEngine> {
    return new BusEngine(await freePort(), await freePort(), options);
  }

  /** The processes that have a channel's bus mapped, workers all of them, oldest first. */
  channelWorkers(): readonly number[] {
    return named(this.#program.pid, "worker-main").filter((pid) => maps(pid, `${this.#id}.ch`));
  }

  /** Resolves when it says so, its spare workers being warm. */
  async ready(): Promise<void> {
    while (this.#program.isRunning) {
      const answer = await fetch(`http://127.0.0.1:${this.#port}/readyz`).catch(() => undefined);
      if (answer?.ok === true) return;
      await pause(10);
    }
    throw new Error("The engine ended before it was ready.");
  }

  /** Asks for a channel on air. */
  async startChannel(channelId: number): Promise<void> {
    const answer = await fetch(
      `http://127.0.0.1:${this.#port}/retrovue.playout.PlayoutControl/StartChannel`,
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ channelId, planHandle: "film" }),
      },
    );
    if (!answer.ok) throw new Error(`StartChannel: ${await answer.text()}`);
  }

  cpuSeconds(): number {
    return this.#program.cpuSeconds();
  }

  memoryBytes(): number {
    return this.#program.memoryBytes();
  }

  /** Opens a channel's bus as soon as it is there. */
  async openBus(channelId: number): Promise<FrameReader> {
    const address: BusAddress = { engineId: this.#id, channelId };
    while (this.#program.isRunning) {
      const reader = await this.bus
        .openReader(address, { name: "bench" }, AbortSignal.timeout(30_000))
        .catch(() => undefined);
      if (reader !== undefined) return reader;
      await pause(1);
    }
    throw new Error("The engine ended before its buses were there.");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #config(port: number, { media, channels, directBuffers, autostart = true }: BusEngineOptions): object {
    const channel = { plan: "film", outputs: [], autostart };
    return {
      engine: { id: this.#id, dataDir: "./var", spareWorkers: 1 },
      media: { roots: [dirname(media)] },
      transports: [{ use: "@retrovue/transport-connect" }],
      http: { control: { listen: `127.0.0.1:${port}` } },
      telemetry: { metrics: { listen: `127.0.0.1:${this.metricsPort}` }, log: { level: "error" } },
      plans: { film: media },
      defaults: {
        format: { width: 1_920, height: 1_080, frameRate: "30000/1001" },
        ...(directBuffers !== undefined && { directBuffers }),
      },
      channels: Array.from({ length: channels }, (_, n) => ({ id: n + 1, ...channel })),
    };
  }
}
