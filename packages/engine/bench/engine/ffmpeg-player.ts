import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { cpuSecondsOf, memoryOf } from "./process-tree.ts";

const quiet = "-nostdin -v error".split(" ");

/** One ffmpeg that decodes a file at its own pace, on one thread, and shows it to nobody. */
export class FfmpegPlayer implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  constructor(media: string) {
    const input = ["-threads", "1", "-re", "-stream_loop", "-1", "-i", media];
    this.#child = spawn("ffmpeg", [...quiet, ...input, "-f", "null", "-"], { stdio: "ignore" });
    this.#ended = new Promise((resolve) => this.#child.once("close", () => resolve()));
  }

  cpuSeconds(): number {
    return cpuSecondsOf([this.#child.pid ?? 0]);
  }

  memoryBytes(): number {
    return memoryOf([this.#child.pid ?? 0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

/** Milliseconds from starting an ffmpeg to its end after one picture. */
export function ffmpegFirstPicture(media: string): number {
  const begun = performance.now();
  spawnSync("ffmpeg", [...quiet, "-i", media, "-map", "0:v:0", "-frames:v", "1", "-f", "null", "-"]);
  return performance.now() - begun;
}
