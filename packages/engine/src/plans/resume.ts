import {
  type HouseGrid,
  type Plan,
  type PlanDraft,
  replacePlan,
  startPlan,
  type Tick,
  Timeline,
} from "@retrovue/core";
import type { SavedPlan } from "./saved-plans.js";

/** What decides which plan a channel begins with. */
export interface Beginning {
  readonly saved: SavedPlan | undefined;
  /** The handle that the configuration gives the channel now. */
  readonly configured: string | undefined;
  /** What that handle stands for; undefined where the channel has none. Its revision does not matter. */
  readonly draft: PlanDraft | undefined;
  /** The channel's first tick. */
  readonly atTick: Tick;
  readonly grid: HouseGrid;
}

/** What a channel begins with: a plan, where it came from, and what comes after it. */
export type Begun = Omit<SavedPlan, "configured">;

/**
 * What a channel begins with, and undefined where there is nothing to air.
 *
 * - A plan that was applied goes on at its current place, as if the engine had never been away.
 * - Where the file it was made from has changed meanwhile, the new content is a new revision laid around what is on air.
 * - Where the configuration names another plan than it did then, that one begins.
 * - A plan that was over by now, and has no time of its own, begins again.
 * - What was to follow it from a tick on follows it, also where that tick has passed meanwhile.
 */
export function planToBegin(beginning: Beginning): Begun | undefined {
  const { configured, draft, atTick, grid } = beginning;
  const saved = beginning.saved && byTick(beginning.saved, atTick);
  const anew = (plan: Plan): Begun => ({ plan, handle: configured });
  if (saved === undefined) return draft && anew(startPlan({ ...draft, revision: 1 }, atTick, grid));
  const next = draft && { ...draft, revision: saved.plan.revision + 1 };
  if (saved.configured !== configured)
    return next === undefined ? saved : anew(startPlan(next, atTick, grid));
  if (next === undefined || saved.handle !== configured) return saved;
  const isOver = new Timeline(saved.plan, grid).at(atTick).in === "after";
  if (isOver && next.start === undefined) return anew(startPlan(next, atTick, grid));
  const plan = replacePlan(saved.plan, next, atTick, grid);
  return plan === saved.plan ? saved : anew(plan);
}

/** The plan that holds at a tick: by then the one that was to follow may have. */
function byTick(saved: SavedPlan, atTick: Tick): SavedPlan {
  const { following, handle, configured, plan } = saved;
  if (following === undefined || atTick < following.at) return saved;
  return { plan: following.plan, handle, configured, toldAs: plan.revision };
}
