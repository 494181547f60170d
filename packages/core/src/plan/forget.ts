import type { HouseGrid } from "../time/house-grid.js";
import { type Nanoseconds, nanoseconds, type Tick } from "../time/units.js";
import { durationOf, runHeads, segmentStarts } from "./layout.js";
import type { Plan, Segment } from "./plan.js";

/**
 * The plan without the segments before the one on air at `tick`, under the same revision: nothing that airs from `tick` on
 * changes, neither first ticks nor media times. It stays bounded by what is ahead, whatever was aired:
 *
 * - In a gap, or after the plan's end, the last segment that aired stays: the void has begun where that ended, and
 *   there is still an end to append to.
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
  // The last segment that has begun by `tick` and owns a tick: it is on air, or was last before the void that is.
  let past = 0;
  for (const [i, segment] of segments.entries()) {
    const start = starts[i] as Nanoseconds;
    const first = grid.tickAtOrAfter(start);
    if (first > tick) break;
    if (grid.tickAtOrAfter((start + segment.duration) as Nanoseconds) > first) past = i;
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
