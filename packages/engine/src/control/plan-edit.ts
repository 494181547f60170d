import {
  createPlan,
  type HouseGrid,
  mediaTime,
  type Nanoseconds,
  nanoseconds,
  type Plan,
  type PlanDraft,
  replacePlan,
  type Segment,
  sameAiring,
  splicePlan,
  startPlan,
  type Tick,
  Timeline,
} from "@retrovue/core";
import type { FollowingPlan } from "../plans/saved-plans.js";

/** An edit of a channel's plan, as it would be applied. */
export interface PlanEdit {
  /** The plan to apply; the one in force where nothing changes. */
  readonly plan: Plan;
  readonly changed: boolean;
  /** The first tick that follows it. */
  readonly effectiveTick: Tick;
  /** True where the wanted tick was committed already. */
  readonly isLate: boolean;
  /** True where the segment on air is the same in both plans. */
  readonly onAirKept: boolean;
  /**
   * What takes the plan's place from `effectiveTick` on, where one plan cannot say both what comes before that tick and what
   * comes after it: a loop.
   */
  readonly following: FollowingPlan | undefined;
}

/** When an edit is wanted and when it can be had. */
export interface EditTiming {
  /** Undefined: as soon as possible. */
  readonly wanted: Tick | undefined;
  /** The first tick that an edit can still change. */
  readonly next: Tick;
  /** The tick on air. */
  readonly onAir: Tick;
}

/**
 * Makes `draft` the plan from a tick on. Before that tick everything airs as it does now; what is on air then and the same in
 * both goes on. Errors as `replacePlan` and `splicePlan` have them.
 */
export function editPlan(current: Plan, draft: PlanDraft, timing: EditTiming, grid: HouseGrid): PlanEdit {
  const { wanted, next, onAir } = timing;
  const revision = current.revision + 1;
  const effectiveTick = Math.max(next, wanted ?? next) as Tick;
  const isLate = wanted !== undefined && wanted < next;
  const isLater = effectiveTick > next;
  const plan = isLater
    ? later(current, { ...draft, revision }, effectiveTick, onAir, grid)
    : replacePlan(current, { ...draft, revision }, next, grid);
  const changed = plan !== current;
  const loop = { ...draft, revision: revision + 1, start: draft.start ?? grid.tickTime(effectiveTick) };
  const following =
    changed && isLater && draft.end === "loop" ? { at: effectiveTick, plan: createPlan(loop) } : undefined;
  return { plan, changed, effectiveTick, isLate, onAirKept: isKept(current, plan, onAir, grid), following };
}

/** What airs now up to the tick, and then the draft: its first round where it loops. */
function later(current: Plan, draft: PlanDraft, at: Tick, onAir: Tick, grid: HouseGrid): Plan {
  const next = startPlan(draft, at, grid);
  const [place] = new Timeline(next, grid).placesFrom(at, 1);
  const index = place?.in === "segment" ? place.index : firstFrom(next, at, grid);
  const cutAt = grid.tickTime(at);
  const segments = next.segments.slice(index);
  const [first] = segments;
  if (place?.in === "segment" && first !== undefined)
    segments[0] = joined(first, grid.tickTime(place.first), cutAt);
  return splicePlan(current, at, segments, onAir, grid);
}

/** A segment that is joined in its middle, as one that begins there. */
function joined(segment: Segment, startedAt: Nanoseconds, cutAt: Nanoseconds): Segment {
  const missed = cutAt - startedAt;
  if (missed <= 0n) return segment;
  return {
    ...segment,
    start: cutAt,
    inPoint: mediaTime(segment.inPoint + missed),
    duration: nanoseconds(segment.duration - missed),
    fadeInNs: nanoseconds(segment.fadeInNs > missed ? segment.fadeInNs - missed : 0n),
  };
}

/** The first segment that begins at a tick or after it; their number where there is none. */
function firstFrom(plan: Plan, at: Tick, grid: HouseGrid): number {
  let cursor = plan.start;
  for (const [index, segment] of plan.segments.entries()) {
    cursor = segment.start ?? cursor;
    if (grid.tickAtOrAfter(cursor) >= at) return index;
    cursor = nanoseconds(cursor + segment.duration);
  }
  return plan.segments.length;
}

function isKept(before: Plan, after: Plan, onAir: Tick, grid: HouseGrid): boolean {
  const [a] = new Timeline(before, grid).placesFrom(onAir, 1);
  const [b] = new Timeline(after, grid).placesFrom(onAir, 1);
  return a?.in === "segment" && b !== undefined && sameAiring(a, b);
}
