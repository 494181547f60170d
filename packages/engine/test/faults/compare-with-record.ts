import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { playout } from "../built-cli.ts";
import type { TickWatch } from "./tick-watch.ts";

/** One run of a channel as `as-run check --json` tells it. */
export interface CheckedRun {
  readonly channel: number;
  /** The ticks that were compared. */
  readonly from: number;
  readonly end: number;
  readonly segments: number;
  readonly exact: number;
  readonly workersReplaced: number;
  readonly differences: readonly {
    readonly what: string;
    readonly from: number;
    readonly end: number;
    readonly detail?: string;
    readonly uri?: string;
  }[];
}

/** What the engine's own check says of the as-run log in a folder. */
export async function checkedRecord(folder: string): Promise<{
  readonly runs: readonly CheckedRun[];
  readonly damaged: number;
  readonly lost: number;
}> {
  const { out, err } = await playout(["as-run", "check", "--data-dir", join(folder, "var"), "--json"]);
  if (out === "") throw new Error(`as-run check says nothing: ${err}`);
  return JSON.parse(out);
}

/**
 * Holds the as-run log of a channel's only run against what a reader saw of each tick, by kind and reason, and why its workers were
 * replaced, in order: what differs, in words.
 */
export async function compareWithRecord(
  folder: string,
  watch: TickWatch,
  causes: readonly string[],
): Promise<readonly string[]> {
  const faults: string[] = [];
  const { runs, damaged, lost } = await checkedRecord(folder);
  const [run] = runs;
  if (runs.length !== 1 || damaged + lost > 0) faults.push("the as-run log is not whole");
  const told = causesIn(folder);
  if (run?.workersReplaced !== causes.length || told.join() !== causes.join())
    faults.push(`the as-run log has ${run?.workersReplaced} replaced workers, for ${told.join(", ")}`);
  const other = run?.differences.filter(({ what }) => what !== "stand-in") ?? [];
  if (other.length > 0) faults.push(`the as-run log differs from the plan: ${JSON.stringify(other[0])}`);
  const recorded = new Map(
    (run?.differences ?? []).flatMap(({ from, end, detail }) =>
      Array.from({ length: end - from }, (_, index) => [from + index, detail?.replace(",", "")] as const),
    ),
  );
  // What the plan has nothing for is no difference from it; whether that is true, the campaign knows.
  const unknown = [...watch.standIns].filter(
    ([tick, standIn]) => !standIn.endsWith(" planned") && recorded.get(tick) !== standIn,
  );
  const unseen = [...recorded.keys()].filter(
    (tick) => tick >= (watch.first ?? 0) && tick <= watch.last && !watch.standIns.has(tick),
  );
  const [first] = unknown;
  if (first !== undefined)
    faults.push(
      `${unknown.length} stand-ins are told otherwise by the as-run log: ${first.join(" ")} is ${recorded.get(first[0])}`,
    );
  if (unseen.length > 0) faults.push(`${unseen.length} stand-ins are in the as-run log only`);
  return faults;
}

/** Why workers were replaced, as the as-run log has it, the first one first. */
function causesIn(folder: string): readonly string[] {
  const days = join(folder, "var/as-run");
  return readdirSync(days)
    .sort()
    .flatMap((day) => readFileSync(join(days, day), "utf8").trim().split("\n"))
    .map((line) => JSON.parse(line) as { readonly type: string; readonly cause?: string })
    .flatMap(({ type, cause = "" }) => (type === "worker-replaced" ? [cause] : []));
}
