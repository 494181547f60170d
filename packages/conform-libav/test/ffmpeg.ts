import { spawnSync } from "node:child_process";

const filters = spawnSync("ffmpeg", ["-hide_banner", "-filters"], { encoding: "utf8" });

/** Why nothing can be compared with ffmpeg's zscale here; undefined where it can. */
export const zscaleMissing: string | undefined =
  filters.status !== 0
    ? "ffmpeg is not installed"
    : / zscale /.test(filters.stdout)
      ? undefined
      : "this ffmpeg was built without zscale";

/** Runs one raw picture through a filter chain of ffmpeg. */
export function filtered(raw: Buffer, size: string, from: string, chain: string, into: string): Buffer {
  const input = ["-f", "rawvideo", "-video_size", size, "-pixel_format", from, "-i", "-"];
  const output = ["-vf", chain, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", into, "-"];
  // One thread: with more, zscale of FFmpeg 5.1 cuts the picture into slices whose edges fall between lines.
  const quiet = ["-hide_banner", "-loglevel", "error", "-filter_threads", "1"];
  const run = spawnSync("ffmpeg", [...quiet, ...input, ...output], {
    input: raw,
    maxBuffer: 1 << 28,
  });
  if (run.status !== 0) throw new Error(`ffmpeg failed: ${run.stderr.toString()}`);
  return run.stdout;
}
