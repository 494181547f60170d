import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { Gauge, Registry } from "prom-client";
import type { Bench } from "../../../scripts/bench/bench.ts";
import { cpuSecondsOf } from "../../../scripts/bench/process-tree.ts";
import { pause, steadyShare } from "../../../scripts/bench/real-time.ts";
import { CampaignEngine } from "../test/faults/campaign-engine.ts";
import { ffmpegFirstPicture, StreamPlayer } from "./engine/ffmpeg-player.ts";

export const part = "engine";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const mediaFolder = process.env["RETROVUE_MEDIA_DIR"] ?? join(root, "../shared/media");
/** Standard definition, thirty seconds. */
const film = join(mediaFolder, "programmes/bbb-480p24-h264-aac51-30s.mp4");

const standardDefinition = { width: 720, height: 480, frameRate: "30000/1001" } as const;
const playing = 10;
const onDemand = 100;
const scrapes = 20;
const idleMs = 10_000;
const settleMs = 5_000;

const unavailable = (): string | undefined => {
  if (!existsSync(join(root, "packages/engine/dist/cli/main.js")))
    return "the engine is not built: pnpm build";
  return existsSync(film) ? undefined : "there is no film to play: set RETROVUE_MEDIA_DIR";
};

let enginesMade = 0;

/** An engine in a folder of its own, with so many channels. */
class Many implements AsyncDisposable {
  readonly engine: CampaignEngine;
  readonly #folder = mkdtempSync(join(tmpdir(), "retrovue-many-"));

  constructor(channels: number, more: object) {
    this.engine = new CampaignEngine({
      folder: this.#folder,
      id: "many",
      prefix: `many${process.pid}-${++enginesMade}`,
      config: {
        media: { roots: [mediaFolder] },
        decoders: [{ use: "@retrovue/decoder-libav" }],
        defaults: {
          format: standardDefinition,
          encode: { video: { bitrateKbps: 1_500, gopMs: 500, preset: "ultrafast" } },
        },
        channels: Array.from({ length: channels }, (_, index) => ({
          id: index + 1,
          name: `Channel ${index + 1}`,
          plan: film,
          ...more,
        })),
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.stop();
    await this.engine[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Milliseconds of a scrape, at the median of many. */
async function scrapeMs(address: string): Promise<number> {
  const took: number[] = [];
  while (took.length < scrapes) {
    const from = performance.now();
    await (await fetch(`http://${address}/metrics`)).text();
    took.push(performance.now() - from);
    await pause(100);
  }
  return took.sort((a, b) => a - b)[scrapes >> 1] ?? Number.NaN;
}

/** Lines that the engine's scrape has: as many are served by the peer. */
let samples = 1_000;

async function metricsLatency(): Promise<number> {
  await using many = new Many(playing, { outputs: [] });
  await many.engine.untilLogged("channel started", playing);
  await pause(settleMs);
  samples = (await many.engine.metricsText()).split("\n").filter((line) => /^[a-z]/.test(line)).length;
  return await scrapeMs(await many.engine.address("metrics"));
}

async function bareLatency(): Promise<number> {
  const registry = new Registry();
  const gauge = new Gauge({ name: "a", help: "A number.", labelNames: ["n"], registers: [registry] });
  for (let n = 0; n < samples; n++) gauge.set({ n }, n);
  const server = createServer(async (_, response) => response.end(await registry.metrics()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  try {
    return await scrapeMs(`127.0.0.1:${typeof address === "object" ? address?.port : 0}`);
  } finally {
    server.close();
  }
}

/** Share of a core, in percent, that an engine takes while nobody watches any of its channels. */
async function idleShare(channels: number): Promise<number> {
  await using many = new Many(channels, { run: "on-demand" });
  await many.engine.untilLogged("engine started");
  return await steadyShare({ cpuSeconds: () => cpuSecondsOf(many.engine.processes()) }, settleMs, idleMs);
}

/** Channels of the hundred that somebody comes to, one after another. */
const visited = [1, 25, 50, 75, 100];

/** Between two visits: a spare worker has taken the place of the one before by then. */
const betweenMs = 3_000;

/** Milliseconds from a viewer's request to the first packets, which begin with a key frame, of channels that nobody watched: the slowest. */
async function firstPicture(): Promise<number> {
  await using many = new Many(onDemand, { run: "on-demand" });
  const view = await many.engine.address("view");
  await pause(settleMs);
  const took: number[] = [];
  for (const id of visited) {
    took.push(await visit(`http://${view}/channel/${id}.ts`));
    await pause(betweenMs);
  }
  return Math.max(...took);
}

/** Milliseconds from the request to the first packets; rejects where a player finds no picture in what follows. */
async function visit(url: string): Promise<number> {
  using player = new StreamPlayer();
  const from = performance.now();
  const first = Promise.withResolvers<number>();
  const asked = get(url, { agent: false }, (response) => {
    if (response.statusCode !== 200) first.reject(new Error(`The channel answers ${response.statusCode}.`));
    response.on("error", () => {});
    response.once("data", () => first.resolve(performance.now() - from));
    response.on("data", (piece: Buffer) => player.take(piece));
    response.once("close", () => {
      first.reject(new Error("The stream ended before its first packets."));
      player.end();
    });
  });
  asked.on("error", first.reject);
  try {
    const tookMs = await first.promise;
    await player.sawPicture;
    return tookMs;
  } finally {
    asked.destroy();
  }
}

export const benches: readonly Bench[] = [
  {
    bench: "metrics-latency",
    unit: "ms",
    peerName: "a bare prom-client of as many samples",
    lowerIsBetter: true,
    pairs: 1,
    ours: metricsLatency,
    peer: bareLatency,
    target: "100 ms while ten channels play",
    unavailable,
  },
  {
    bench: "idle-on-demand",
    unit: "% of a core",
    peerName: "the same engine with one such channel",
    lowerIsBetter: true,
    pairs: 1,
    ours: () => idleShare(onDemand),
    peer: () => idleShare(1),
    target: "2 % of a core for a hundred idle channels",
    unavailable,
  },
  {
    bench: "on-demand-first-picture",
    unit: "ms",
    peerName: "a new ffmpeg",
    lowerIsBetter: true,
    pairs: 3,
    ours: firstPicture,
    peer: () => ffmpegFirstPicture(film),
    target: "about 1 s",
    unavailable,
  },
];
