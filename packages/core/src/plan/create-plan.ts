import type { HouseGrid } from "../time/house-grid.js";
import type { Nanoseconds, Tick } from "../time/units.js";
import { invalidPlan } from "./invalid-plan.js";
import type { Plan, Segment } from "./plan.js";
import { type PlanBounds, validatePlan } from "./validate.js";

/**
 * A plan that may not know yet when it starts: what a plan file, a media file or a scheduler gives. Every `Plan` is
 * one. Without a start it begins where it is put on air: `startPlan` and `replacePlan` decide.
 */
export interface PlanDraft extends Omit<Plan, "start"> {
  readonly start: Nanoseconds | undefined;
}

/**
 * A valid plan, frozen through and through, made from copies: the caller's objects are left as they are. Segments
 * that are frozen already (those of another plan) are shared, so that an edit costs no copy of what it keeps.
 *
 * Throws `InvalidPlan`: the message names the first ten faults and how many there are, `details.faults` all.
 */
export function createPlan(input: Plan, bounds?: Partial<PlanBounds>): Plan {
  const faults = validatePlan(input, bounds);
  if (faults.length > 0) throw invalidPlan("The plan", faults);
  const segments = Object.freeze(input.segments.map(frozenSegment));
  return Object.freeze({ revision: input.revision, start: input.start, segments, end: input.end });
}

/**
 * The plan as it airs when it is put on a channel that has none: a draft without a start begins at `atTick`, one
 * with a start (its own, or its first segment's) keeps it, so that it is joined where it would be by then.
 */
export function startPlan(draft: PlanDraft, atTick: Tick, grid: HouseGrid): Plan {
  return createPlan({ ...draft, start: draft.start ?? draft.segments[0]?.start ?? grid.tickTime(atTick) });
}

function frozenSegment(segment: Segment): Segment {
  const { asset, labels } = segment;
  const isFrozen =
    Object.isFrozen(segment) && Object.isFrozen(labels) && (asset === undefined || Object.isFrozen(asset));
  if (isFrozen) return segment;
  // Named one by one, so that nothing unknown rides along to workers and readers.
  return Object.freeze({
    id: segment.id,
    kind: segment.kind,
    asset: asset && Object.freeze({ ...asset }),
    inPoint: segment.inPoint,
    duration: segment.duration,
    start: segment.start,
    gainDb: segment.gainDb,
    fadeInNs: segment.fadeInNs,
    fadeOutNs: segment.fadeOutNs,
    aspect: segment.aspect,
    labels: Object.freeze({ ...labels }),
  });
}
