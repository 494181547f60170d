import type { CampaignEngine } from "./campaign-engine.ts";
import type { TickWatch } from "./tick-watch.ts";

/** Ticks by what stood in, as `hold late`. */
export type StandInCounts = ReadonlyMap<string, number>;

/** What stood in since the engine began, as metrics count it. */
export async function standInCounts(engine: CampaignEngine): Promise<StandInCounts> {
  const text = await engine.metricsText();
  const samples = text.matchAll(/^retrovue_playout_standin_frames_total\{(.*)\} (\d+)$/gm);
  return new Map(
    Array.from(samples, ([, labels = "", count]) => {
      const [, kind] = /kind="(\w+)"/.exec(labels) ?? [];
      const [, reason] = /reason="(\w+)"/.exec(labels) ?? [];
      return [`${kind} ${reason}`, Number(count)];
    }),
  );
}

/** What metrics counted between two moments, held against what a reader saw from the first one's tick on: what differs, in words. */
export function countFaults(
  watch: TickWatch,
  from: number,
  before: StandInCounts,
  after: StandInCounts,
): readonly string[] {
  const seen = new Map<string, number>();
  for (const [tick, what] of watch.standIns) if (tick > from) seen.set(what, (seen.get(what) ?? 0) + 1);
  return [...new Set([...seen.keys(), ...after.keys()])].flatMap((what) => {
    const counted = (after.get(what) ?? 0) - (before.get(what) ?? 0);
    const told = seen.get(what) ?? 0;
    return counted === told ? [] : [`metrics count ${counted} times ${what}, seen ${told}`];
  });
}
