import { spawn, spawnSync } from "node:child_process";
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

/** An ffmpeg that is handed a stream and ends after its first picture. Disposal ends it before. */
export class StreamPlayer implements Disposable {
  // A second of it says all that there is to know: what is on air does not wait for five.
  readonly #process = spawn(
    "ffmpeg",
    [..."-v error -analyzeduration 1000000 -i pipe:0 -map 0:v:0 -frames:v 1 -f null -".split(" ")],
    { stdio: ["pipe", "ignore", "inherit"] },
  );

  constructor() {
    // It leaves with more on its way.
    this.#process.stdin.on("error", () => {});
    this.sawPicture.catch(() => {});
  }

  /** Resolves when it has decoded a picture; rejects where it ends without one. */
  readonly sawPicture = new Promise<void>((resolve, reject) => {
    this.#process.once("error", reject);
    this.#process.once("exit", (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`ffmpeg found no picture in the stream (exit code ${code}).`)),
    );
  });

  take(piece: Uint8Array): void {
    if (this.#process.exitCode === null) this.#process.stdin.write(piece);
  }

  /** No more follows. */
  end(): void {
    this.#process.stdin.end();
  }

  [Symbol.dispose](): void {
    this.#process.kill("SIGKILL");
  }
}
