import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export const run = promisify(execFile);

/** Where the clips of the decode benches are kept. */
export const clipFolder = join(tmpdir(), "retrovue-bench-clips");
const seconds = 6;

const encoders = {
  h264: ["mp4", "-c:v", "libx264", "-preset", "veryfast", "-b:v", "8M"],
  hevc: ["mp4", "-c:v", "libx265", "-preset", "ultrafast", "-b:v", "6M", "-x265-params", "log-level=error"],
  vp9: ["webm", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "6M"],
  av1: ["mp4", "-c:v", "libsvtav1", "-preset", "12", "-b:v", "6M"],
  mpeg2: ["ts", "-c:v", "mpeg2video", "-b:v", "15M"],
} as const;

/** What is measured. */
export type Codec = keyof typeof encoders;
export const codecs = Object.keys(encoders) as Codec[];

/** Six seconds of 1080p30 with noise in it, made once and kept. */
export async function clipOf(codec: Codec): Promise<string> {
  const [extension, ...args] = encoders[codec];
  const path = join(clipFolder, `${codec}-1080p30-${seconds}s.${extension}`);
  if (existsSync(path)) return path;
  await mkdir(clipFolder, { recursive: true });
  const half = join(clipFolder, `${process.pid}-${codec}.${extension}`);
  const source = `testsrc2=s=1920x1080:r=30:d=${seconds},noise=alls=12:allf=t,format=yuv420p`;
  const inputs = ["-v", "error", "-nostdin", "-f", "lavfi", "-i", source];
  await run("ffmpeg", [...inputs, ...args, "-g", "60", "-y", half]);
  await rename(half, path);
  return path;
}

/** Why nothing can be measured against ffmpeg here. */
export const ffmpegMissing = async (): Promise<string | undefined> =>
  run("ffmpeg", ["-version"]).then(
    () => undefined,
    () => "the ffmpeg program is not installed",
  );
