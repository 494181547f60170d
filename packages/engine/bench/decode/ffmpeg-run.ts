import { run } from "./clips.ts";

/** What ffmpeg's own `-benchmark` says of a run: its clock begins when its inputs are open. */
export interface FfmpegRun {
  readonly frames: number;
  readonly seconds: number;
  /** Computing time of all its threads, from the start of the process. */
  readonly cpuSeconds: number;
}

/**
 * Runs ffmpeg on one thread over a clip's pictures; `output` is what it makes of them.
 *
 * @param pace times as fast as the clip is shown; left out: as fast as it can
 */
export async function runFfmpeg(path: string, output: readonly string[], pace?: number): Promise<FfmpegRun> {
  const paced = pace === undefined ? [] : ["-readrate", String(pace)];
  const input = ["-nostdin", "-benchmark", "-threads", "1", ...paced, "-i", path, "-map", "0:v:0"];
  const { stderr } = await run("ffmpeg", [...input, ...output]);
  const seconds = (name: string) =>
    Number(new RegExp(`bench: .*\\b${name}=([\\d.]+)s`).exec(stderr)?.[1] ?? Number.NaN);
  return {
    frames: Number([...stderr.matchAll(/frame=\s*(\d+)/g)].at(-1)?.[1]),
    seconds: seconds("rtime"),
    cpuSeconds: seconds("utime") + seconds("stime"),
  };
}
