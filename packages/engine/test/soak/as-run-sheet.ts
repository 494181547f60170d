import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createPlan, HouseGrid, type Plan, rational, type Tick, Timeline } from "@retrovue/core";
import { planFromJson, planFromWire } from "@retrovue/protocol";
import type { AsRunLine, AsRunLineOf } from "../../src/as-run/as-run-line.ts";

/** What the plan has at a range of ticks. */
export interface PlannedRow {
  readonly from: number;
  readonly end: number;
  readonly id: string;
  readonly uri: string | undefined;
  /** True where the plan itself was read, false where the engine said what it had planned as it began to air it. */
  readonly isOfPlan: boolean;
}

/** One time of a channel on air: its plan, and what the record says of it. */
export interface AsRunSheet {
  readonly channel: number;
  readonly name: string;
  readonly frameRate: string;
  readonly from: number;
  /** The first tick that nothing is known of. */
  readonly end: number;
  readonly planned: readonly PlannedRow[];
  readonly aired: readonly AsRunLineOf<"aired">[];
  readonly standIns: readonly AsRunLineOf<"stand-in">[];
  readonly replaced: readonly AsRunLineOf<"worker-replaced">[];
}

/** Places of a plan that are looked up at a time. */
const placesAtOnce = 256;

/** Every time on air that the record of a data folder tells of, the oldest first, each beside its plan. */
export function readSheets(dataDir: string): readonly AsRunSheet[] {
  const folder = join(dataDir, "as-run");
  const lines = readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"))
    .filter(Boolean)
    // The engine's own, just written; `as-run check` has looked at their form.
    .map((text) => JSON.parse(text) as AsRunLine);
  return sheetsOf(lines, (channel) => appliedPlan(dataDir, channel));
}

/** The plan that the engine applied last, with its revision. */
function appliedPlan(dataDir: string, channel: number): Plan | undefined {
  const text = (() => {
    try {
      return readFileSync(join(dataDir, "plans", `channel-${channel}.json`), "utf8");
    } catch {
      return undefined;
    }
  })();
  if (text === undefined) return undefined;
  const { plan, revision } = JSON.parse(text) as { plan: unknown; revision: number };
  const draft = planFromWire(planFromJson(plan), { revision });
  return draft.start === undefined ? undefined : createPlan({ ...draft, start: draft.start });
}

/** @param planOf the plan that was applied to a channel last; undefined where it is not known */
export function sheetsOf(
  lines: Iterable<AsRunLine>,
  planOf: (channel: number) => Plan | undefined,
): readonly AsRunSheet[] {
  const runs: Run[] = [];
  const open = new Map<number, Run>();
  for (const line of lines) {
    if (line.type === "lost") continue;
    if (line.type === "started") {
      const run = new Run(line);
      runs.push(run);
      open.set(line.channel, run);
    } else open.get(line.channel)?.take(line);
  }
  return runs.map((run) => run.sheet(planOf(run.started.channel)));
}

/** Gathers the lines of one time on air. */
class Run {
  readonly #lines: Exclude<AsRunLine, { type: "lost" | "started" }>[] = [];

  readonly started: AsRunLineOf<"started">;

  constructor(started: AsRunLineOf<"started">) {
    this.started = started;
  }

  take(line: Exclude<AsRunLine, { type: "lost" | "started" }>): void {
    this.#lines.push(line);
  }

  sheet(plan: Plan | undefined): AsRunSheet {
    const { channel, name, frameRate, tick: from } = this.started;
    const aired = this.#of("aired");
    const standIns = this.#of("stand-in");
    const ends = [...aired, ...standIns].map(({ end }) => end);
    const stops = [...this.#of("began"), ...this.#of("stopped")].map(({ tick }) => tick);
    const end = [...ends, ...stops].reduce((most, one) => Math.max(most, one), from);
    const inForce = this.#inForceFrom(plan);
    const known = plan === undefined || inForce === undefined ? [] : this.#planned(plan, inForce, end);
    const before = inForce ?? Number.POSITIVE_INFINITY;
    return {
      channel,
      name,
      frameRate,
      from,
      end,
      planned: [...this.#told(before, end), ...known],
      aired,
      standIns,
      replaced: this.#of("worker-replaced"),
    };
  }

  #of<T extends AsRunLine["type"]>(type: T): AsRunLineOf<T>[] {
    return this.#lines.filter((line): line is Extract<typeof line, AsRunLineOf<T>> => line.type === type);
  }

  /** From when on the plan was in force; undefined where it was not. */
  #inForceFrom(plan: Plan | undefined): number | undefined {
    if (plan === undefined) return undefined;
    if (this.started.revision === plan.revision) return this.started.tick;
    return this.#of("planned").find(({ revision }) => revision === plan.revision)?.tick;
  }

  #planned(plan: Plan, from: number, end: number): PlannedRow[] {
    const [num = 0, den = 0] = this.started.frameRate.split("/").map(Number);
    const timeline = new Timeline(plan, new HouseGrid(rational(num, den), this.started.sampleRate));
    const rows: PlannedRow[] = [];
    for (let at = from; at < end; ) {
      const places = timeline.placesFrom(at as Tick, placesAtOnce);
      if (places.length === 0) break;
      for (const place of places) {
        if (at >= end) break;
        if (place.in === "segment") {
          const { id, asset } = place.segment;
          rows.push({ from: at, end: Math.min(place.end, end), id, uri: asset?.uri, isOfPlan: true });
        }
        at = place.end;
      }
    }
    return rows;
  }

  /** Of plans that were replaced since, what each segment was to take as it began. */
  #told(before: number, end: number): PlannedRow[] {
    const began = this.#of("began").filter(({ tick }) => tick < before);
    return began.flatMap(({ tick, end: plannedEnd, segment: { id, uri } }, index): PlannedRow[] => {
      // A newer plan may have cut it short.
      const cut = Math.min(plannedEnd, before, began[index + 1]?.tick ?? end, end);
      return cut > tick ? [{ from: tick, end: cut, id, uri, isOfPlan: false }] : [];
    });
  }
}
