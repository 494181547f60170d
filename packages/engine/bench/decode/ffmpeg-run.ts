import { run } from "./clips.ts";

/** What ffmpeg's own `-benchmark` says of a run: its clock begins when its inputs are open. */
export interface FfmpegRun {
  readonly frames: number;
  readonly seconds: number;
  /** Computing time of all its threads, from the start of the process. */
  readonly cpuSeconds: number;
}

/** How ffmpeg reads its input. */
export interface FfmpegInput {
  /** Times as fast as the clip is shown; left out: as fast as it can. */
  readonly pace?: number | undefined;
  /** Times that the clip is read. Default 1. */
  readonly rounds?: number;
}

/** Runs ffmpeg on one thread over a clip's pictures; `output` is what it makes of them. */
export async function runFfmpeg(
  path: string,
  output: readonly string[],
  { pace, rounds = 1 }: FfmpegInput = {},
): Promise<FfmpegRun> {
  const paced = pace === undefined ? [] : ["-readrate", String(pace)];
  const looped = rounds === 1 ? [] : ["-stream_loop", String(rounds - 1)];
  const input = ["-nostdin", "-benchmark", "-threads", "1", ...paced, ...looped, "-i", path, "-map", "0:v:0"];
  const { stderr } = await run("ffmpeg", [...input, ...output]);
  const seconds = (name: string) =>
    Number(new RegExp(`bench: .*\\b${name}=([\\d.]+)s`).exec(stderr)?.[1] ?? Number.NaN);
  return {
    frames: Number([...stderr.matchAll(/frame=\s*(\d+)/g)].at(-1)?.[1]),
    seconds: seconds("rtime"),
    cpuSeconds: seconds("utime") + seconds("stime"),
  };
}
