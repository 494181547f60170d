import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";
import { endOfMedia, mediaTime } from "@retrovue/core";
import { LibavDecoderFactory, parseOptions } from "@retrovue/decoder-libav";
import type { Bench } from "../../../scripts/bench/bench.ts";

export const part = "decode";

const run = promisify(execFile);
const folder = join(tmpdir(), "retrovue-bench-clips");
const seconds = 6;
const never = new AbortController().signal;
/** One thread on both sides, so that work is compared and not its spreading. */
const factory = new LibavDecoderFactory([folder], parseOptions({ threads: 1 }));

const codecs = {
  h264: ["mp4", "-c:v", "libx264", "-preset", "veryfast", "-b:v", "8M"],
  hevc: ["mp4", "-c:v", "libx265", "-preset", "ultrafast", "-b:v", "6M", "-x265-params", "log-level=error"],
  vp9: ["webm", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "6M"],
  av1: ["mp4", "-c:v", "libsvtav1", "-preset", "12", "-b:v", "6M"],
  mpeg2: ["ts", "-c:v", "mpeg2video", "-b:v", "15M"],
} as const;

type Codec = keyof typeof codecs;

/** 1080p30, made once and kept. */
async function clipOf(codec: Codec): Promise<string> {
  const [extension, ...args] = codecs[codec];
  const path = join(folder, `${codec}-1080p30-${seconds}s.${extension}`);
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  const half = join(folder, `${process.pid}-${codec}.${extension}`);
  const source = `testsrc2=s=1920x1080:r=30:d=${seconds},noise=alls=12:allf=t,format=yuv420p`;
  const inputs = ["-v", "error", "-nostdin", "-f", "lavfi", "-i", source];
  await run("ffmpeg", [...inputs, ...args, "-g", "60", "-y", half]);
  await rename(half, path);
  return path;
}

/** Pictures a second, opening not counted, for decoding and giving back every picture of a clip. */
async function ownRate(codec: Codec): Promise<number> {
  await using decoder = await factory.open({ uri: await clipOf(codec) }, {}, never);
  const begun = performance.now();
  let count = 0;
  for (; ; count++) {
    const picture = await decoder.readPicture(mediaTime(-1n), {}, never);
    if (picture === endOfMedia) break;
    picture.release();
  }
  return (count * 1_000) / (performance.now() - begun);
}

/** The same of `ffmpeg -f null`, by its own clock (which begins when its inputs are open). */
async function ffmpegRate(codec: Codec): Promise<number> {
  const path = await clipOf(codec);
  const args = ["-nostdin", "-benchmark", "-threads", "1", "-i", path, "-map", "0:v:0", "-f", "null", "-"];
  const { stderr } = await run("ffmpeg", args);
  const time = /bench: .*rtime=([\d.]+)s/.exec(stderr)?.[1];
  const frames = [...stderr.matchAll(/frame=\s*(\d+)/g)].at(-1)?.[1];
  return Number(frames) / Number(time);
}

async function ownFirstPicture(): Promise<number> {
  const path = await clipOf("h264");
  const begun = performance.now();
  await using decoder = await factory.open({ uri: path }, {}, never);
  const picture = await decoder.readPicture(mediaTime(-1n), {}, never);
  const spent = performance.now() - begun;
  if (picture !== endOfMedia) picture.release();
  return spent;
}

async function ffmpegFirstPicture(): Promise<number> {
  const path = await clipOf("h264");
  const begun = performance.now();
  await run("ffmpeg", [
    "-v",
    "error",
    "-nostdin",
    "-i",
    path,
    "-map",
    "0:v:0",
    "-frames:v",
    "1",
    "-f",
    "null",
    "-",
  ]);
  return performance.now() - begun;
}

const missing = async (): Promise<string | undefined> =>
  run("ffmpeg", ["-version"]).then(
    () => undefined,
    () => "the ffmpeg program is not installed",
  );

const fits = (Object.keys(codecs) as Codec[]).map(
  (codec): Bench => ({
    bench: `decode-${codec}-fit`,
    unit: "fps",
    peerName: "ffmpeg",
    lowerIsBetter: false,
    target: codec === "av1" ? "ratio 0.90" : "ratio 1.00",
    ours: () => ownRate(codec),
    peer: () => ffmpegRate(codec),
    unavailable: missing,
  }),
);

/** Decoding to pictures on loan: what a conformer or a copy into the bus begins with. */
export const benches: readonly Bench[] = [
  ...fits,
  {
    bench: "open-to-first-picture",
    unit: "ms",
    peerName: "ffmpeg process",
    lowerIsBetter: true,
    target: "ratio 2.2",
    ours: ownFirstPicture,
    peer: ffmpegFirstPicture,
    unavailable: missing,
  },
];
