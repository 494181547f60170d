import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { type StandInReason, standInReasons } from "@retrovue/core";
import { root } from "../built-cli.ts";
import type { WatchedTick } from "./tick-watch.ts";

/** Where the media set lies, of which the hostile files are a part. */
export const hostileMedia = process.env["RETROVUE_MEDIA_DIR"] ?? join(root, "../shared/media");
const hostileFolder = join(hostileMedia, "hostile");

/** The hostile set; undefined where it is not there. */
export const hostileFiles = (): readonly string[] | undefined =>
  existsSync(hostileFolder) ? readdirSync(hostileFolder).map((file) => join(hostileFolder, file)) : undefined;

export const everyReason = new Set(
  Object.keys(standInReasons).filter((one) => one !== "none"),
) as ReadonlySet<StandInReason>;

/** While a worker is replaced, and until its successor has what is planned: true of what airs beside a broken file. */
export const recoveryReasons: ReadonlySet<StandInReason> = new Set([
  "workerLost",
  "starved",
  "hung",
  "opening",
  "late",
]);

/** What a machine with too much to do brings about in any segment, at its beginning. */
const ofLoad: ReadonlySet<StandInReason> = new Set(["opening", "late", "starved"]);

/** What only a file that ends or hangs its worker may give. */
const ofLostWorkers: ReadonlySet<StandInReason> = new Set(["workerLost", "hung", "quarantined"]);

/** As what each file ends its turn: `none` where all of it airs as planned, broken as it is. */
const verdicts: Readonly<Record<string, StandInReason>> = {
  "block_ends_beyond_cluster.mkv": "endedEarly",
  "blockgroup_block_ends_beyond_blockgroup.mkv": "endedEarly",
  "chunk_out_of_range.mp4": "openFailed",
  "fixed_lacing_bad_lace_size.mkv": "openFailed",
  "idr-lost.264": "none",
  "invalid-nalu.mp4": "none",
  "invalid-vp9-bitstream.webm": "openFailed",
  "invalid_vp9_bitstream-bug_1416.webm": "openFailed",
  "lost-reference.264": "endedEarly",
  "malformed-free-box.mp4": "openFailed",
  "mdat-too-long.mp4": "none",
  "missing-stsd.mp4": "none",
  "no_timescale.mp4": "none",
  "projection_float_overflow.webm": "openFailed",
  "zero_empty_stsc.mp4": "openFailed",
};

/**
 * Holds one turn of a file against what it is known to give: at its end for its own reason, and before that for this one or for those of
 * a machine with much to do. What differs, in words.
 *
 * @param isWorkerLost whether a worker was replaced so far: else nothing can stand in for one
 */
export function turnFaults(
  file: string,
  turn: readonly WatchedTick[],
  isWorkerLost: boolean,
): readonly string[] {
  const name = basename(file);
  const verdict = verdicts[name];
  if (verdict === undefined) return [`nobody knows what ${name} gives: add it to the verdicts`];
  const isTrue = (reason: StandInReason) =>
    reason === "none" ||
    reason === verdict ||
    ofLoad.has(reason) ||
    (isWorkerLost && ofLostWorkers.has(reason));
  const untrue = turn.filter(({ meta }) => !isTrue(meta.standInReason));
  const last = turn.at(-1)?.meta.standInReason;
  const faults: string[] = [];
  for (const { tick, standIn } of untrue.slice(0, 1))
    faults.push(`${untrue.length} ticks of ${name} stood in untruly, the first: ${tick} ${standIn}`);
  if (last !== verdict && !(isWorkerLost && last !== undefined && ofLostWorkers.has(last)))
    faults.push(`${name} ended its turn for the reason ${last}, not ${verdict}`);
  return faults;
}
