import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { run } from "./clips.ts";

const program = fileURLToPath(new URL("../../../libav-kit/build/bare_loop", import.meta.url));

/** Why decoding alone cannot be measured. */
export const bareLoopMissing = (): string | undefined =>
  existsSync(program) ? undefined : "the bare loop is not built (native packages are missing)";

/** What the loop came to. */
export interface BareLoop {
  /** Pictures a second. */
  readonly rate: number;
  /** Milliseconds of computing for each. */
  readonly cpuMs: number;
}

/**
 * libav's demuxer and decoder alone, on one thread, opening not counted.
 *
 * @param buffers so many places are decoded into in turn, as on a bus; 0: the decoder's own, which caches hold
 * @param pace pictures a second; left out: as fast as it can
 */
export async function bareLoop(path: string, buffers: number, pace?: number): Promise<BareLoop> {
  const paced = pace === undefined ? [] : [String(pace)];
  const { stdout } = await run(program, [path, String(buffers), ...paced]);
  const [rate = Number.NaN, cpuMs = Number.NaN] = stdout.split(" ").map(Number);
  return { rate, cpuMs };
}
