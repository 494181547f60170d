import { join } from "node:path";
import { playout } from "../built-cli.ts";
import type { TickWatch } from "./tick-watch.ts";

/** One run of a channel as `as-run check --json` tells it. */
export interface CheckedRun {
  readonly channel: number;
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

/** Holds the as-run log of a channel's only run against what a reader saw of each tick: what differs, in words. */
export async function compareWithRecord(
  folder: string,
  watch: TickWatch,
  workersReplaced: number,
): Promise<readonly string[]> {
  const faults: string[] = [];
  const { runs, damaged, lost } = await checkedRecord(folder);
  const [run] = runs;
  if (runs.length !== 1 || damaged + lost > 0) faults.push("the as-run log is not whole");
  if (run?.workersReplaced !== workersReplaced)
    faults.push(`the as-run log has ${run?.workersReplaced} replaced workers`);
  const other = run?.differences.filter(({ what }) => what !== "stand-in") ?? [];
  if (other.length > 0) faults.push(`the as-run log differs from the plan: ${JSON.stringify(other[0])}`);
  const recorded = new Set(
    (run?.differences ?? []).flatMap(({ from, end }) =>
      Array.from({ length: end - from }, (_, index) => from + index),
    ),
  );
  const unknown = watch.standInTicks.filter((tick) => !recorded.has(tick));
  const seen = new Set(watch.standInTicks);
  const unseen = [...recorded].filter(
    (tick) => tick >= (watch.first ?? 0) && tick <= watch.last && !seen.has(tick),
  );
  if (unknown.length + unseen.length > 0)
    faults.push(`${unknown.length} stand-ins are not in the as-run log, ${unseen.length} only there`);
  return faults;
}
