import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bench } from "../../../scripts/bench/bench.ts";
import { MeasuredProgram } from "../../../scripts/bench/measured-program.ts";
import { buildNativeProgram } from "../../../scripts/bench/native-program.ts";
import { pause, steadyShare } from "../../../scripts/bench/real-time.ts";
import { Arrivals } from "./arrivals.ts";
import { EngineUnderTest, encoding } from "./channels.ts";

export const part = "render";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const mediaFolder = process.env["RETROVUE_MEDIA_DIR"] ?? join(root, "../shared/media");
/** A film: what is still or drawn costs decoder and encoder next to nothing. */
const film = join(mediaFolder, "programmes/bbb-1080p24-mpeg2-mp2.ts");
/** The source of both sides, made of it once: 1080p30 H.264 at 8 Mbit/s with AAC. */
const media = join(root, ".cache/bench/render-source-gapless.mp4");

const floorProgram = join(import.meta.dirname, "../build/renderer_floor");

const filmSeconds = 20;

/** What is measured each time, once everything runs. */
const steadyMs = 10_000;
const warmUpMs = 2_500;
/** Before what lasts is measured. */
const settleMs = 8_000;
/** Computing is measured over all of the film, so that both have the same pictures. */
const filmMs = filmSeconds * 1_000;
/** And of ours after two minutes: a channel runs for days, and it takes V8 so long to compile what runs a few dozen times a second to its last form. */
const compiledMs = 120_000;
/** More are not tried. */
const channelsMax = 8;
/** A picture later than this has used up what a small receiver keeps: three pictures. */
const lateMs = 100;
/** From one picture's stamp to the next one's, at 30 fps. */
const stampStep = 3_000n;

function unavailable(): string | undefined {
  if (spawnSync("ffmpeg", ["-version"]).status !== 0) return "ffmpeg is not installed";
  if (!existsSync(media)) {
    if (!existsSync(film)) return "there is no film to measure with: set RETROVUE_MEDIA_DIR";
    makeSource();
  }
  if (!existsSync(join(root, "packages/engine/dist/cli/main.js")))
    return "the engine is not built: pnpm build";
  return undefined;
}

function makeSource(): void {
  mkdirSync(dirname(media), { recursive: true });
  const part = `${media}.${process.pid}.mp4`;
  const video = "-vf scale=1920:1080,fps=30 -c:v libx264 -preset veryfast -b:v 8M -g 60 -pix_fmt yuv420p";
  // Where the film begins anew its sound has a gap, at which ffmpeg's muxer would hold pictures back until there is sound again.
  const sound = "-af aresample=async=1 -c:a aac -b:a 160k";
  const args = `-y -v error -nostdin -stream_loop -1 -i ${film} -t ${filmSeconds} ${video} ${sound} ${part}`;
  const made = spawnSync("ffmpeg", args.split(" "), { stdio: ["ignore", "ignore", "inherit"] });
  if (made.status !== 0) throw new Error("ffmpeg could not make the source.");
  renameSync(part, media);
}

/** The same channel by one ffmpeg: decode, scale, encode, mux. */
const ffmpegArgs = (...looped: string[]): string[] => [
  ..."-nostdin -v error -re".split(" "),
  ...looped,
  "-i",
  media,
  ..."-vf scale=1280:720 -map 0:v:0 -map 0:a:0 -c:v libx264 -tune zerolatency -sc_threshold 0".split(" "),
  ...["-preset", encoding.preset, "-b:v", `${encoding.kbps}k`, "-maxrate", `${encoding.kbps}k`],
  ...[
    "-bufsize",
    `${encoding.kbps}k`,
    "-g",
    `${encoding.gop}`,
    "-c:a",
    "aac",
    "-b:a",
    `${encoding.soundKbps}k`,
  ],
  ..."-ac 2 -ar 48000 -f mpegts".split(" "),
];

async function engineShare(): Promise<number> {
  await using engine = await EngineUnderTest.start(media, 1);
  // Somebody watches, as somebody takes what ffmpeg writes.
  const watching = engine.watch(1, warmUpMs + compiledMs + filmMs, () => "more");
  await pause(warmUpMs);
  const before = await engine.standIns();
  const measured = await steadyShare(engine, compiledMs, filmMs);
  await watching;
  const standIns = (await engine.standIns()) - before;
  if (standIns > 0) throw new Error(`${standIns} ticks aired a stand-in: that is no programme to measure.`);
  return measured;
}

async function ffmpegShare(): Promise<number> {
  await using program = new MeasuredProgram(
    "ffmpeg",
    [...ffmpegArgs("-stream_loop", "-1"), "-y", "/dev/null"],
    { cwd: tmpdir() },
  );
  return await steadyShare(program, settleMs, filmMs);
}

/**
 * Decode, scale, encode and mux of the same in one loop of one thread and nothing else: what these codecs cost.
 *
 * @param pace "real": each picture at its time, as channels have to; "free": as fast as it goes, with warm caches
 */
function floorShare(pace: "real" | "free"): number {
  const { kbps, soundKbps, preset, gop } = encoding;
  const settings = [pace, media, 1_280, 720, kbps, soundKbps, preset, gop].map(String);
  const { percent } = JSON.parse(execFileSync(floorProgram, settings, { encoding: "utf8" })) as {
    percent: number;
  };
  return percent;
}

const withoutFloor = () => unavailable() ?? buildNativeProgram("renderer_floor");

/** True where each stream's pictures all came, in time. */
function areInTime(streams: readonly Arrivals[], ms: number): boolean {
  const enough = (ms / 1_000 - 0.5) * 30;
  return streams.every(
    ({ pictures, missing, worstMs }) => pictures >= enough && missing === 0 && worstMs <= lateMs,
  );
}

/** True where so many channels deliver every picture in time, by the arrival of each at a viewer. */
async function engineSustains(channels: number): Promise<boolean> {
  await using engine = await EngineUnderTest.start(media, channels);
  const seen = Array.from({ length: channels }, () => new Arrivals(stampStep));
  const watching = seen.map((arrivals, n) =>
    engine.watch(n + 1, settleMs + steadyMs, (bytes) => {
      arrivals.take(bytes);
      return "more";
    }),
  );
  await pause(settleMs);
  const before = await engine.standIns();
  for (const arrivals of seen) arrivals.restart();
  await Promise.all(watching);
  return (await engine.standIns()) === before && areInTime(seen, steadyMs);
}

/** True where so many ffmpegs deliver every picture in time, by the arrival of each at whoever reads it. */
async function ffmpegSustains(channels: number): Promise<boolean> {
  return areInTime(await Promise.all(Array.from({ length: channels }, () => ffmpegArrivals())), steadyMs);
}

/** How the pictures of one ffmpeg come while it is steady. Each is written at once, as ours are. */
function ffmpegArrivals(): Promise<Arrivals> {
  return new Promise((resolve, reject) => {
    const child = spawn("ffmpeg", [...ffmpegArgs(), "-flush_packets", "1", "pipe:1"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const arrivals = new Arrivals(stampStep);
    child.once("error", reject);
    child.stdout.on("data", (bytes: Buffer) => arrivals.take(bytes));
    void (async () => {
      await pause(settleMs);
      arrivals.restart();
      await pause(steadyMs);
      child.kill("SIGKILL");
      child.once("close", () => resolve(arrivals));
    })();
  });
}

async function mostOf(sustains: (channels: number) => Promise<boolean>): Promise<number> {
  let most = 0;
  for (let channels = 1; channels <= channelsMax && (await sustains(channels)); channels++) most = channels;
  return most;
}

/** From asking for a channel on air to its first byte, which is that of a key frame's tables. */
async function engineFirstByte(): Promise<number> {
  await using engine = await EngineUnderTest.start(media, 1);
  await pause(warmUpMs);
  const times: number[] = [];
  for (let viewer = 0; viewer < 10; viewer++) {
    const asked = performance.now();
    await engine.watch(1, 5_000, () => {
      times.push(performance.now() - asked);
      return "enough";
    });
    await pause(130);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? Number.NaN;
}

/** From starting an ffmpeg to its first byte. */
function ffmpegFirstByte(): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = performance.now();
    const child = spawn("ffmpeg", [...ffmpegArgs(), "pipe:1"], { stdio: ["ignore", "pipe", "ignore"] });
    child.once("error", reject);
    child.stdout.once("data", () => {
      const ms = performance.now() - asked;
      child.kill("SIGKILL");
      child.once("close", () => resolve(ms));
    });
  });
}

export const benches: Bench[] = [
  {
    bench: "cpu-full-channel",
    unit: "% of a core",
    peerName: "ffmpeg -re",
    lowerIsBetter: true,
    pairs: 3,
    ours: engineShare,
    peer: ffmpegShare,
    target: "0.85 × ffmpeg (ratio 1.18)",
    unavailable,
  },
  {
    bench: "floor-full-channel",
    unit: "% of a core",
    peerName: "ffmpeg -re",
    lowerIsBetter: true,
    pairs: 3,
    ours: () => floorShare("real"),
    peer: ffmpegShare,
    unavailable: withoutFloor,
  },
  {
    bench: "floor-at-full-speed",
    unit: "% of a core",
    peerName: "the same in real time",
    lowerIsBetter: true,
    pairs: 3,
    ours: () => floorShare("free"),
    peer: () => floorShare("real"),
    unavailable: withoutFloor,
  },
  {
    bench: "channels-sustained",
    unit: "channels",
    peerName: "ffmpeg -re",
    lowerIsBetter: false,
    pairs: 1,
    ours: () => mostOf(engineSustains),
    peer: () => mostOf(ffmpegSustains),
    target: "3 where ffmpeg sustains 2",
    unavailable,
  },
  {
    bench: "first-byte",
    unit: "ms",
    peerName: "a new ffmpeg",
    lowerIsBetter: true,
    pairs: 3,
    ours: engineFirstByte,
    peer: ffmpegFirstByte,
    target: "300 ms",
    unavailable,
  },
];
