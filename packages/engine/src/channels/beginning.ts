import {
  type HouseGrid,
  type Plan,
  type PlanDraft,
  PlayoutError,
  type ProgramFormat,
  startPlan,
  type Tick,
} from "@retrovue/core";
import type { ChannelConfig } from "../config/playout-config.js";
import type { Log } from "../log/log.js";
import type { AssetLengths } from "../media/media-inspector.js";
import type { PlanResolver, ResolvedPlan } from "../plans/plan-resolver.js";
import { planToBegin } from "../plans/resume.js";
import type { SavedPlan, SavedPlans } from "../plans/saved-plans.js";

/** What a start asks for besides the channel; each part left out is as the configuration says. */
export interface StartOrder {
  /** What to play, given by a request; a channel of an unknown id is made for it. */
  readonly handle?: string;
  readonly format?: ProgramFormat;
  /** True where it was on air when the engine ended: it goes on with the plan that it had then, wherever that came from. */
  readonly resumes?: boolean;
  readonly signal?: AbortSignal;
}

/** What a channel begins with. */
export interface Beginning {
  /** The plan, once the first tick is known. */
  readonly planFor: (first: Tick, grid: HouseGrid) => Plan;
  /** Set where the plan could not be resolved and the channel airs slate: why. */
  readonly onSlate: PlayoutError | undefined;
  /** The handle that a plan made so came from. */
  readonly handleOf: (plan: Plan) => string | undefined;
}

interface Sources {
  readonly resolver: PlanResolver;
  readonly savedPlans: SavedPlans;
  readonly log: Log;
  /** Looks at the media of the plan. */
  readonly lengths: AssetLengths;
}

/**
 * What a channel begins with: the plan that a request gave, or else the one of the configuration; in both cases the saved
 * plan goes on where it was made from the same handle.
 *
 * @param stoppedAt the revision at which a request stopped the channel: what begins then begins anew, and counts on
 */
export async function beginningOf(
  config: ChannelConfig,
  { order, stoppedAt }: { readonly order: StartOrder; readonly stoppedAt: number | undefined },
  sources: Sources,
  signal: AbortSignal,
): Promise<Beginning> {
  const saved = await sources.savedPlans.load(config.id);
  const last = Math.max(stoppedAt ?? 0, saved?.plan.revision ?? 0);
  if (order.resumes === true && saved !== undefined) return await ofSaved(config.id, saved, sources, signal);
  if (order.handle !== undefined)
    return await ofRequest(config.id, order.handle, saved, { last, stoppedAt }, sources, signal);
  const configured = config.plan;
  const resolved =
    configured === undefined ? undefined : await resolve(config.id, configured, saved, sources, signal);
  const draft = resolved?.draft;
  if (stoppedAt !== undefined && draft !== undefined) {
    return {
      planFor: (first, grid) => startPlan({ ...draft, revision: last + 1 }, first, grid),
      onSlate: resolved?.onSlate,
      handleOf: () => configured,
    };
  }
  return {
    planFor: (first, grid) => planOf(config.id, { saved, configured, draft }, first, grid),
    onSlate: resolved?.onSlate,
    handleOf: (plan) => (plan === saved?.plan ? saved.handle : configured),
  };
}

async function ofRequest(
  id: number,
  handle: string,
  saved: SavedPlan | undefined,
  { last, stoppedAt }: { readonly last: number; readonly stoppedAt: number | undefined },
  { resolver, lengths }: Sources,
  signal: AbortSignal,
): Promise<Beginning> {
  const { draft, onSlate } = await resolver.resolve(handle, "request", 1, signal, lengths);
  // The same plan as before the engine was away goes on; one that was stopped, or another one, begins.
  const goesOn =
    stoppedAt === undefined && saved?.handle === handle ? { ...saved, configured: handle } : undefined;
  return {
    planFor: (first, grid) =>
      goesOn === undefined
        ? startPlan({ ...draft, revision: last + 1 }, first, grid)
        : planOf(id, { saved: goesOn, configured: handle, draft }, first, grid),
    onSlate,
    handleOf: () => handle,
  };
}

/** The plan as it was applied last, or what its handle stands for by now laid around what is on air. */
async function ofSaved(
  id: number,
  saved: SavedPlan,
  { resolver, log }: Sources,
  signal: AbortSignal,
): Promise<Beginning> {
  const { handle } = saved;
  let draft: PlanDraft | undefined;
  if (handle !== undefined) {
    try {
      const resolved = await resolver.resolve(handle, "request", 1, signal);
      if (resolved.onSlate !== undefined) throw resolved.onSlate;
      draft = resolved.draft;
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const err = PlayoutError.from(thrown);
      log.error({ channel: id, plan: handle, err }, "plan not resolved; the saved one goes on");
    }
  }
  const found = { saved: { ...saved, configured: handle }, configured: handle, draft };
  return {
    planFor: (first, grid) => planOf(id, found, first, grid),
    onSlate: undefined,
    handleOf: () => handle,
  };
}

/**
 * What the configured handle stands for; undefined where that cannot be said now but the plan it stood for was saved: a file
 * that is gone for the moment must not take a channel off its plan.
 */
async function resolve(
  id: number,
  configured: string,
  saved: SavedPlan | undefined,
  { resolver, lengths, log }: Sources,
  signal: AbortSignal,
): Promise<ResolvedPlan | undefined> {
  let error: PlayoutError | undefined;
  try {
    const resolved = await resolver.resolve(configured, "configuration", 1, signal, lengths);
    if (saved?.configured !== configured || resolved.onSlate === undefined) return resolved;
    error = resolved.onSlate;
  } catch (thrown) {
    if (saved?.configured !== configured || signal.aborted) throw thrown;
    error = PlayoutError.from(thrown);
  }
  log.error({ channel: id, plan: configured, err: error }, "plan not resolved; the saved one goes on");
  return undefined;
}

function planOf(
  id: number,
  found: Pick<Parameters<typeof planToBegin>[0], "saved" | "configured" | "draft">,
  atTick: Tick,
  grid: HouseGrid,
): Plan {
  const plan = planToBegin({ ...found, atTick, grid });
  if (plan !== undefined) return plan;
  throw new PlayoutError("UnknownPlan", `Channel ${id} has no plan.`, {
    remedy: "Give it one in the configuration, or start it with one.",
    details: { channel: id },
  });
}
