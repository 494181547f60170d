import type { HouseGrid } from "../time/house-grid.js";
import { type Nanoseconds, nanoseconds, type Tick } from "../time/units.js";
import { durationOf, runHeads, segmentStarts } from "./layout.js";
import type { Plan, Segment } from "./plan.js";

/**
 * The plan without the segments that ended by `tick`, under the same revision: nothing that airs from `tick` on
 * changes, neither first ticks nor media times. It stays bounded by what is ahead, whatever was aired:
 *
 * - Of a plan that is past as a whole the last segment stays, so that there is still an end to append to.
 * - Where what stays goes on with a run of media, the run is kept as one past segment, since media times of the rest
 *   are counted from its first tick (see `Anchor`).
 * - A plan that loops forgets nothing.
 *
 * The same object where there is nothing to forget.
 */
export function forgetBefore(plan: Plan, tick: Tick, grid: HouseGrid): Plan {
  if (plan.end === "loop") return plan;
  const { segments } = plan;
  const starts = segmentStarts(plan);
  let past = 0;
  for (; past < segments.length - 1; past++) {
    const end = ((starts[past] ?? 0n) + (segments[past]?.duration ?? 0n)) as Nanoseconds;
    if (grid.tickAtOrAfter(end) > tick) break;
  }
  const head = runHeads(plan)[past] ?? past;
  const isForgetting = head > 0 || past - head > 1;
  if (!isForgetting) return plan;
  const run = runBefore(plan, past);
  const kept = segments.slice(past);
  return Object.freeze({
    ...plan,
    start: starts[head] as Nanoseconds,
    segments: Object.freeze(run ? [run, ...kept] : kept),
  });
}

/**
 * What comes before segment `index` in its run of media, as one segment; undefined where it begins the run. For what
 * is past only: the events of the segments that it stands for have been sent.
 */
export function runBefore(plan: Plan, index: number): Segment | undefined {
  const head = runHeads(plan)[index] ?? index;
  const segment = plan.segments[head];
  if (segment === undefined || head === index) return undefined;
  if (index - head === 1) return segment;
  const duration = durationOf(plan.segments.slice(head, index));
  return Object.freeze({ ...segment, duration, fadeOutNs: nanoseconds(0n) });
}
