import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { MeasuredProgram } from "../../../../scripts/bench/measured-program.ts";

const quiet = "-nostdin -v error".split(" ");

/** One ffmpeg that decodes a file at its own pace, on one thread, and shows it to nobody. */
export function ffmpegPlayer(media: string): MeasuredProgram {
  const input = ["-threads", "1", "-re", "-stream_loop", "-1", "-i", media];
  return new MeasuredProgram("ffmpeg", [...quiet, ...input, "-f", "null", "-"], { endsBy: "SIGKILL" });
}

/** Milliseconds from starting an ffmpeg to its end after one picture. */
export function ffmpegFirstPicture(media: string): number {
  const begun = performance.now();
  spawnSync("ffmpeg", [...quiet, "-i", media, "-map", "0:v:0", "-frames:v", "1", "-f", "null", "-"]);
  return performance.now() - begun;
}
