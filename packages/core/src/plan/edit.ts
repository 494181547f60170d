import { PlayoutError } from "../errors/playout-error.js";
import type { HouseGrid } from "../time/house-grid.js";
import type { Nanoseconds, Tick } from "../time/units.js";
import { createPlan, type PlanDraft } from "./create-plan.js";
import { forgetBefore } from "./forget.js";
import { segmentStarts } from "./layout.js";
import type { Plan, Segment } from "./plan.js";
import { samePlanContent, sameSegments } from "./same.js";
import { anchorDraft, withRunOnAir } from "./take-over.js";
import { unrollLoop } from "./unroll.js";

/**
 * The plan that follows `current` when a scheduler sends `next` (StartChannel, UpdatePlan, ApplyPlan).
 *
 * - A start given by the plan, or by a segment of its own, is house time and is kept.
 * - A draft without a start goes on with what is on air at `takeTick`: the segment of the same id, else the first
 *   of the same asset and in-point, keeps its first tick, and the others lie around it.
 * - Where nothing of the kind is on air, it begins at `takeTick`.
 *
 * The same revision, or the same content under another, changes nothing: `current` itself is the answer. An older
 * revision than the one in force is refused with `RevisionConflict`, since it can only be a request that was
 * overtaken. Whoever reads a plan from a source without revisions gives it `current.revision + 1`. `InvalidPlan` as
 * `createPlan` has it.
 *
 * @param takeTick the first tick that may still change: the one after the head of the bus
 */
export function replacePlan(current: Plan, next: PlanDraft, takeTick: Tick, grid: HouseGrid): Plan {
  if (next.revision === current.revision) return current;
  if (next.revision < current.revision) {
    throw new PlayoutError(
      "RevisionConflict",
      `Revision ${next.revision} is older than ${current.revision}, which is in force.`,
      {
        remedy: "Read the plan back and number the change from there.",
        details: { revision: next.revision, inForce: current.revision },
      },
    );
  }
  if (samePlanContent(current, { ...next, start: next.start ?? current.start })) return current;
  const start = next.start ?? anchorDraft(current, next, takeTick, grid);
  const plan = createPlan(withRunOnAir(current, { ...next, start }, takeTick, grid));
  return samePlanContent(current, plan) ? current : plan;
}

/**
 * Ends what is on air at exactly `atTick` and goes on with `segments` from there (LoadPreview and SwitchToLive).
 * Nothing of `current` from that tick on is kept; the new plan ends in pad.
 *
 * A tick that is past already is taken at its word: the first new segment has `atTick` as its first tick and is
 * joined where it would be by now. The first of `segments` begins at `atTick` whatever start it has. Throws
 * `InvalidPlan`, and `LimitExceeded` where a loop would have to be written out too far (`unrollLoop`).
 *
 * @param onAirTick the tick on air now; what ended by then is forgotten
 */
export function splicePlan(
  current: Plan,
  atTick: Tick,
  segments: readonly Segment[],
  onAirTick: Tick,
  grid: HouseGrid,
): Plan {
  const isLoop = current.end === "loop";
  const from = Math.max(0, Math.min(onAirTick, atTick - 1)) as Tick;
  const ids = segments.map(({ id }) => id);
  const base = isLoop ? unrollLoop(current, from, atTick, grid, ids) : current;
  const cutAt = grid.tickTime(atTick);
  const starts = segmentStarts(base);
  const kept: Segment[] = [];
  let keptEnd: bigint | undefined;
  for (const [i, segment] of base.segments.entries()) {
    const start = starts[i] as Nanoseconds;
    // A segment that would own no tick before the cut has nothing to air.
    if (grid.tickAtOrAfter(start) >= atTick) break;
    const excess = start + segment.duration - cutAt;
    kept.push(excess > 0n ? shortened(segment, excess) : segment);
    keptEnd = excess > 0n ? cutAt : start + segment.duration;
  }
  const [first, ...rest] = segments;
  // After a gap, or with nothing before it, only a start of its own puts the first segment on its tick.
  const added = first ? [{ ...first, start: keptEnd === cutAt ? undefined : cutAt }, ...rest] : [];
  const start = kept.length > 0 ? base.start : cutAt;
  const spliced: Plan = {
    revision: current.revision + 1,
    start,
    segments: [...kept, ...added],
    end: "pad",
  };
  return samePlanContent(current, spliced) ? current : createPlan(forgetBefore(spliced, onAirTick, grid));
}

/**
 * Adds segments at the end (a fed block), and forgets what ended by `onAirTick`, so that a plan that is fed for
 * months stays as small as what it has ahead. Appending again what the plan already ends with changes nothing.
 *
 * A block's first segment carries the block's start as its own: a plan that has run out then airs pad up to it, and a late
 * block is entered where it would be by now. A segment without a start follows the end of the plan even where that
 * is past. `WrongState` for a plan that loops, since it has no end to add to; `InvalidPlan` as `createPlan` has it.
 *
 * @param onAirTick the tick on air now; what ended by then is forgotten
 */
export function appendSegments(
  current: Plan,
  segments: readonly Segment[],
  onAirTick: Tick,
  grid: HouseGrid,
): Plan {
  if (current.end === "loop") {
    throw new PlayoutError("WrongState", "A plan that loops has no end to append to.", {
      remedy: "Replace or splice it.",
    });
  }
  if (segments.length === 0) return current;
  if (sameSegments(current.segments.slice(-segments.length), segments)) return current;
  const kept = forgetBefore(current, onAirTick, grid);
  const revision = current.revision + 1;
  return createPlan({ ...kept, revision, segments: [...kept.segments, ...segments] });
}

/**
 * The segment ending `byNs` earlier. A fade-out that has begun by the new end still reaches black there; one that
 * has not is left out: a cut is a cut.
 */
function shortened(segment: Segment, byNs: bigint): Segment {
  const duration = (segment.duration - byNs) as Nanoseconds;
  const fadeOutNs = (segment.fadeOutNs > byNs ? segment.fadeOutNs - byNs : 0n) as Nanoseconds;
  const isCutInFadeIn = segment.fadeInNs > duration;
  return { ...segment, duration, fadeInNs: isCutInFadeIn ? duration : segment.fadeInNs, fadeOutNs };
}
