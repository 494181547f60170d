import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { run } from "./clips.ts";

const program = fileURLToPath(new URL("../../../libav-kit/build/bare_loop", import.meta.url));

/** Why decoding alone cannot be measured. */
export const bareLoopMissing = (): string | undefined =>
  existsSync(program) ? undefined : "the bare loop is not built (native packages are missing)";

/**
 * Pictures a second of libav's demuxer and decoder alone, on one thread, opening not counted.
 *
 * @param buffers so many places are decoded into in turn, as on a bus; left out: the decoder's own, which caches hold
 */
export async function bareLoopRate(path: string, buffers?: number): Promise<number> {
  const { stdout } = await run(program, [path, ...(buffers === undefined ? [] : [String(buffers)])]);
  return Number(stdout);
}
