import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import type { FrameReader } from "@retrovue/core";
import type { Bench } from "../../../scripts/bench/bench.ts";
import { pause, steadyShare } from "../../../scripts/bench/real-time.ts";
import { bareLoop, bareLoopMissing } from "./decode/bare-loop.ts";
import { BusEngine } from "./engine/bus-engine.ts";
import { ffmpegFirstPicture, ffmpegPlayer } from "./engine/ffmpeg-player.ts";

export const part = "engine";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const mediaFolder = process.env["RETROVUE_MEDIA_DIR"] ?? join(root, "../shared/media");
/** A film: what is still or drawn costs a decoder next to nothing. */
const film = join(mediaFolder, "programmes/bbb-1080p24-mpeg2-mp2.ts");
/** Made of it once: in the program format, H.264 at 8 Mbit/s with AAC. */
const media = join(root, ".cache/bench/engine-source.mp4");

/** Seconds of the film, which is played in a loop. */
const filmSeconds = 20;
/** What is measured each time, once everything runs: all of the film, so that both have the same pictures and the same seam. */
const steadyMs = filmSeconds * 1_000;
const warmUpMs = 3_000;
/**
 * Before computing is measured: a channel is on air for days. V8 compiles what runs a few dozen times a second to its last form in its first
 * two minutes; by thread, all but decoding takes 2.75 % of a core in the first half minute and 2.35 % after two and a half.
 */
const settledMs = 120_000;
const never = new AbortController().signal;

function unavailable(): string | undefined {
  if (spawnSync("ffmpeg", ["-version"]).status !== 0) return "ffmpeg is not installed";
  if (!existsSync(join(root, "packages/engine/dist/cli/main.js")))
    return "the engine is not built: pnpm build";
  if (existsSync(media)) return undefined;
  if (!existsSync(film)) return "there is no film to measure with: set RETROVUE_MEDIA_DIR";
  mkdirSync(dirname(media), { recursive: true });
  const part = `${media}.${process.pid}.mp4`;
  const video =
    "-vf scale=1920:1080,fps=30000/1001 -c:v libx264 -preset veryfast -b:v 8M -g 60 -pix_fmt yuv420p";
  const tags = "-color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv";
  const args = `-y -v error -nostdin -stream_loop -1 -i ${film} -t ${filmSeconds} ${video} ${tags} -c:a aac -ar 48000 -ac 2 ${part}`;
  const made = spawnSync("ffmpeg", args.split(" "), { stdio: ["ignore", "ignore", "inherit"] });
  if (made.status !== 0) throw new Error("ffmpeg could not make the source.");
  renameSync(part, media);
  return undefined;
}

/** All processes of an engine with one channel, while a reader follows it. */
async function engineShare(directBuffers?: number): Promise<number> {
  await using engine = await BusEngine.start({ media, channels: 1, directBuffers });
  await using reader = await engine.openBus(1);
  await plannedTick(reader);
  const measured = await steadyShare(engine, settledMs, steadyMs);
  const read = await reader.next(never);
  if (read.overrun) return measured;
  if (read.meta.standIn !== undefined) throw new Error("A stand-in aired: that is no film to measure.");
  read.release();
  return measured;
}

async function ffmpegShare(): Promise<number> {
  await using player = ffmpegPlayer(media);
  return await steadyShare(player, warmUpMs, steadyMs);
}

/** Resolves when a tick of the film is committed that was not there before. */
async function plannedTick(reader: FrameReader): Promise<void> {
  for (let after = reader.head(); ; ) {
    const read = await reader.next(never);
    if (read.overrun) continue;
    const { tick, meta } = read;
    read.release();
    if (tick > after && meta.standIn === undefined) return;
    after = tick;
  }
}

/** Milliseconds from the request to start a channel to its first picture on the bus, a worker being warm. */
async function firstFrame(): Promise<number> {
  await using engine = await BusEngine.start({ media, channels: 1, autostart: false });
  await engine.ready();
  const asked = performance.now();
  const starting = engine.startChannel(1);
  await using reader = await engine.openBus(1);
  await plannedTick(reader);
  const spent = performance.now() - asked;
  await starting;
  return spent;
}

/** The channel's rate, and how many pictures its bus holds: what is ahead, what is kept, and what decoders work in. */
const pace = 30_000 / 1_001;
const picturesOfBus = 60;

/** Decoding the film's pictures alone, each at its time and into as many buffers: what no engine can do without. */
async function floorShare(): Promise<number> {
  return ((await bareLoop(media, picturesOfBus, pace)).cpuMs * pace) / 10;
}

/** Milliseconds from the death of a channel's worker to the next picture of the film on the bus. */
async function crashRecovery(): Promise<number> {
  await using engine = await BusEngine.start({ media, channels: 1 });
  await using reader = await engine.openBus(1);
  await plannedTick(reader);
  // Until the spare is warm, and no longer than the film.
  await pause(warmUpMs);
  const [worker] = engine.channelWorkers();
  if (worker === undefined) throw new Error("The channel has no worker.");
  process.kill(worker, "SIGKILL");
  const killed = performance.now();
  // What it had handed over is on the bus by then, or lost.
  await pause(2);
  for (let at = reader.head(); at > 0; ) {
    const read = await reader.next(never);
    if (read.overrun) continue;
    const isNew = read.tick > at && read.meta.standIn === undefined;
    read.release();
    if (isNew) break;
  }
  return performance.now() - killed;
}

/** Megabytes that one channel more takes: its worker and its bus. */
async function memoryPerChannel(): Promise<number> {
  const withChannels = async (channels: number) => {
    await using engine = await BusEngine.start({ media, channels });
    for (let id = 1; id <= channels; id++) {
      await using reader = await engine.openBus(id);
      await plannedTick(reader);
    }
    await pause(warmUpMs);
    return engine.memoryBytes();
  };
  return ((await withChannels(2)) - (await withChannels(1))) / 1e6;
}

async function ffmpegMemory(): Promise<number> {
  await using player = ffmpegPlayer(media);
  await pause(warmUpMs);
  return player.memoryBytes() / 1e6;
}

export const benches: readonly Bench[] = [
  {
    bench: "cpu-per-channel",
    unit: "% of a core",
    peerName: "ffmpeg -re -f null",
    lowerIsBetter: true,
    pairs: 3,
    ours: () => engineShare(),
    peer: ffmpegShare,
    target: "1.10 × ffmpeg (ratio 0.91)",
    unavailable,
  },
  {
    bench: "floor-per-channel",
    unit: "% of a core",
    peerName: "ffmpeg -re -f null",
    lowerIsBetter: true,
    pairs: 3,
    ours: floorShare,
    peer: ffmpegShare,
    unavailable: () => unavailable() ?? bareLoopMissing(),
  },
  {
    bench: "cpu-per-channel-in-place",
    unit: "% of a core",
    peerName: "the same with every picture copied",
    lowerIsBetter: true,
    pairs: 3,
    ours: () => engineShare(),
    peer: () => engineShare(0),
    unavailable,
  },
  {
    bench: "first-frame",
    unit: "ms",
    peerName: "a new ffmpeg",
    lowerIsBetter: true,
    pairs: 5,
    ours: firstFrame,
    peer: () => ffmpegFirstPicture(media),
    target: "250 ms",
    unavailable,
  },
  {
    bench: "crash-recovery",
    unit: "ms",
    peerName: "a new ffmpeg",
    lowerIsBetter: true,
    pairs: 5,
    ours: crashRecovery,
    peer: () => ffmpegFirstPicture(media),
    unavailable,
  },
  {
    bench: "memory-per-channel",
    unit: "MB",
    peerName: "ffmpeg -re -f null",
    lowerIsBetter: true,
    pairs: 1,
    ours: memoryPerChannel,
    peer: ffmpegMemory,
    unavailable,
  },
];
