import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../../scripts/bench/free-port.ts";
import { MeasuredProgram } from "../../../scripts/bench/measured-program.ts";
import { pause } from "../../../scripts/bench/real-time.ts";

const launcher = fileURLToPath(new URL("../../../bin/retrovue-playout", import.meta.url));

/** The settings that both sides encode with: 720p30, x264 ultrafast, AAC. */
export const encoding = Object.freeze({ kbps: 4_000, soundKbps: 192, gop: 30, preset: "ultrafast" });

/** An engine with so many channels of one file, at 720p30, each encoded and served over HTTP. */
export class EngineUnderTest implements AsyncDisposable {
  readonly port: number;
  readonly #metricsPort: number;
  readonly #folder: string;
  readonly #program: MeasuredProgram;

  private constructor(port: number, metricsPort: number, folder: string) {
    this.port = port;
    this.#metricsPort = metricsPort;
    this.#folder = folder;
    this.#program = new MeasuredProgram(launcher, ["--config", join(folder, "playout.json")], {
      cwd: folder,
    });
  }

  static async start(media: string, channels: number): Promise<EngineUnderTest> {
    const folder = mkdtempSync(join(tmpdir(), "retrovue-render-bench-"));
    const [port, metricsPort] = [await freePort(), await freePort()];
    const { kbps, soundKbps, preset } = encoding;
    const encode = {
      video: { codec: "h264", bitrateKbps: kbps, gopMs: 1_000, preset },
      audio: { codec: "aac", bitrateKbps: soundKbps },
    };
    const channel = { plan: "p", autostart: true, run: "always", encode, outputs: [{ type: "http-ts" }] };
    const config = {
      engine: { id: `render-bench-${process.pid}`, dataDir: "./var", spareWorkers: 0 },
      media: { roots: [join(media, "..")] },
      transports: [],
      http: { control: { listen: `127.0.0.1:${port}` } },
      telemetry: { metrics: { listen: `127.0.0.1:${metricsPort}` }, log: { level: "error" } },
      plans: { p: media },
      defaults: { format: { width: 1_280, height: 720, frameRate: "30/1", sampleRate: 48_000, channels: 2 } },
      channels: Array.from({ length: channels }, (_, n) => ({
        id: n + 1,
        name: `Channel ${n + 1}`,
        ...channel,
      })),
    };
    writeFileSync(join(folder, "playout.json"), JSON.stringify(config));
    const engine = new EngineUnderTest(port, metricsPort, folder);
    await Promise.all(Array.from({ length: channels }, (_, n) => engine.onAir(n + 1)));
    return engine;
  }

  cpuSeconds(): number {
    return this.#program.cpuSeconds();
  }

  /** Ticks that aired a stand-in so far, on all channels: what costs little must not be measured for a programme. */
  async standIns(): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${this.#metricsPort}/metrics`);
    const lines = (await answer.text()).matchAll(/^retrovue_playout_standin_frames_total\{.*\} (\d+)$/gm);
    return [...lines].reduce((sum, [, ticks]) => sum + Number(ticks), 0);
  }

  /** Resolves with the first bytes of a channel, asking until there are some. */
  async onAir(channel: number): Promise<void> {
    while (this.#program.isRunning) {
      const bytes = await this.watch(channel, 1_000, () => "enough").catch(() => 0);
      if (bytes > 0) return;
      await pause(50);
    }
    throw new Error("The engine ended before its channels were on air.");
  }

  /** Watches a channel for so long, or until `onBytes` has had enough; answers how many bytes came. */
  watch(channel: number, ms: number, onBytes: (bytes: Buffer) => "more" | "enough"): Promise<number> {
    return new Promise((resolve, reject) => {
      let total = 0;
      const url = `http://127.0.0.1:${this.port}/channel/${channel}.ts`;
      const request = get(url, { agent: false }, (response: IncomingMessage) => {
        response.on("data", (bytes: Buffer) => {
          if (response.statusCode !== 200) return;
          total += bytes.length;
          if (onBytes(bytes) === "enough") end();
        });
        response.on("end", end);
        response.on("error", end);
      });
      const timer = setTimeout(end, ms);
      request.on("error", (error) => {
        clearTimeout(timer);
        if (total > 0) resolve(total);
        else reject(error);
      });
      function end() {
        clearTimeout(timer);
        request.destroy();
        resolve(total);
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
