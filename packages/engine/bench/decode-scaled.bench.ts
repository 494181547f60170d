import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";
import { LibavConformerFactory } from "@retrovue/conform-libav";
import { defaultProgramFormat, endOfMedia, mediaTime, type PictureBuffer } from "@retrovue/core";
import { LibavDecoderFactory, parseOptions } from "@retrovue/decoder-libav";
import type { Bench } from "../../../scripts/bench/bench.ts";

export const part = "decode";

const run = promisify(execFile);
const folder = join(tmpdir(), "retrovue-bench-clips");
const seconds = 6;
const width = 1_280;
const height = 720;
const never = new AbortController().signal;
/** One thread for the codec on both sides, so that work is compared and not its spreading. */
const factory = new LibavDecoderFactory([folder], parseOptions({ threads: 1 }));

/** The clips of decoder-libav's bench, made once and kept. */
const codecs = {
  h264: ["mp4", "-c:v", "libx264", "-preset", "veryfast", "-b:v", "8M"],
  hevc: ["mp4", "-c:v", "libx265", "-preset", "ultrafast", "-b:v", "6M", "-x265-params", "log-level=error"],
  vp9: ["webm", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "6M"],
  av1: ["mp4", "-c:v", "libsvtav1", "-preset", "12", "-b:v", "6M"],
  mpeg2: ["ts", "-c:v", "mpeg2video", "-b:v", "15M"],
} as const;

type Codec = keyof typeof codecs;

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

/** A picture buffer aligned as those of the bus are. */
function bufferOf(): PictureBuffer {
  const alignment = 64;
  const strides = [width, width / 2, width / 2].map((columns) => Math.ceil(columns / alignment) * alignment);
  const planes = strides.map((stride, plane) => {
    const bytes = stride * (plane === 0 ? height : height / 2);
    // glibc puts a large block 16 bytes behind a page.
    return new Uint8Array(new ArrayBuffer(bytes + alignment), 48, bytes);
  });
  return { planes, strides, index: 0, release: () => {} };
}

/** Pictures a second from the file to program pictures, as a channel makes them: decoding runs ahead of conforming. */
async function ownRate(codec: Codec): Promise<number> {
  const program = { ...defaultProgramFormat, width, height };
  await using conformer = await new LibavConformerFactory().open(program, never);
  await using decoder = await factory.open({ uri: await clipOf(codec) }, {}, never);
  const buffer = bufferOf();
  const how = { aspect: "preserve", alpha: 1, field: "both" } as const;
  const begun = performance.now();
  let count = 0;
  for (; ; count++) {
    const picture = await decoder.readPicture(mediaTime(-1n), {}, never);
    if (picture === endOfMedia) break;
    await conformer.picture(picture, buffer, how, never);
    picture.release();
  }
  return (count * 1_000) / (performance.now() - begun);
}

/** The same of ffmpeg, by its own clock (which begins when its inputs are open). */
async function ffmpegRate(codec: Codec): Promise<number> {
  const scale = `scale=${width}:${height}:flags=bicubic`;
  const input = ["-nostdin", "-benchmark", "-threads", "1", "-i", await clipOf(codec), "-map", "0:v:0"];
  const { stderr } = await run("ffmpeg", [...input, "-vf", scale, "-f", "rawvideo", "-y", "/dev/null"]);
  const time = /bench: .*rtime=([\d.]+)s/.exec(stderr)?.[1];
  const frames = [...stderr.matchAll(/frame=\s*(\d+)/g)].at(-1)?.[1];
  return Number(frames) / Number(time);
}

const missing = async (): Promise<string | undefined> =>
  run("ffmpeg", ["-version"]).then(
    () => undefined,
    () => "the ffmpeg program is not installed",
  );

export const benches: readonly Bench[] = (Object.keys(codecs) as Codec[]).map((codec) => ({
  bench: `decode-${codec}-scaled`,
  unit: "fps",
  peerName: "ffmpeg",
  lowerIsBetter: false,
  target: "ratio 1.30",
  ours: () => ownRate(codec),
  peer: () => ffmpegRate(codec),
  unavailable: missing,
}));
