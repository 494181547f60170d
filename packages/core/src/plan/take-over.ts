import type { HouseGrid } from "../time/house-grid.js";
import type { Nanoseconds, Tick } from "../time/units.js";
import type { PlanDraft } from "./create-plan.js";
import { runBefore } from "./forget.js";
import { durationOf } from "./layout.js";
import type { Plan, Segment } from "./plan.js";
import { Timeline } from "./timeline.js";
import { freshId } from "./unroll.js";

/** When `next`, which has no start, is to begin so that what is on air at `takeTick` goes on (`replacePlan`). */
export function anchorDraft(current: Plan, next: PlanDraft, takeTick: Tick, grid: HouseGrid): Nanoseconds {
  const { segments } = next;
  const firstOwn = segments.findIndex((segment) => segment.start !== undefined);
  const ownStart = segments[firstOwn]?.start;
  if (firstOwn === 0 && ownStart !== undefined) return ownStart;
  const timeline = new Timeline(current, grid);
  const onAir = timeline.at(takeTick);
  const index = onAir.in === "segment" ? findOnAir(segments, onAir.segment) : -1;
  // What is on air has its own time in the new plan; those before it are past and end where the first own time begins.
  if (ownStart !== undefined && index >= firstOwn) {
    return (ownStart - durationOf(segments, firstOwn)) as Nanoseconds;
  }
  if (index >= 0 && onAir.in === "segment") {
    return (timeline.startTime(onAir) - durationOf(segments, index)) as Nanoseconds;
  }
  return grid.tickTime(takeTick);
}

/**
 * `next` with the past part of the run of media that is on air, where `next` begins with the segment on air but lacks
 * what came before it: media times go on to the sample only as long as the run is known (see `Anchor`). A plan that
 * loops is left as it is, since what is put before it would air again.
 */
export function withRunOnAir(current: Plan, next: Plan, takeTick: Tick, grid: HouseGrid): Plan {
  const timeline = new Timeline(current, grid);
  const onAir = timeline.at(takeTick);
  const first = next.segments[0];
  if (next.end === "loop" || onAir.in !== "segment" || first === undefined) return next;
  const startsAt = timeline.startTime(onAir);
  const isOnAir =
    (first.start ?? next.start) === startsAt &&
    first.asset?.uri === onAir.segment.asset?.uri &&
    first.inPoint === onAir.segment.inPoint;
  const run = isOnAir ? runBefore(current, onAir.index) : undefined;
  if (run === undefined) return next;
  const ids = new Set(next.segments.map((segment) => segment.id));
  const past = { ...run, id: freshId(run.id, 1, ids), start: undefined };
  return { ...next, start: (startsAt - run.duration) as Nanoseconds, segments: [past, ...next.segments] };
}

function findOnAir(segments: readonly Segment[], onAir: Segment): number {
  const byId = segments.findIndex((segment) => segment.id === onAir.id);
  if (byId >= 0 || onAir.asset === undefined) return byId;
  const { uri } = onAir.asset;
  return segments.findIndex(
    (segment) => segment.asset?.uri === uri && segment.inPoint === onAir.inPoint && segment.kind !== "pad",
  );
}
