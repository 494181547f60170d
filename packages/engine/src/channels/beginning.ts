import {
  type HouseGrid,
  orAbort,
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
import { type Begun, planToBegin } from "../plans/resume.js";
import type { SavedPlan, SavedPlans } from "../plans/saved-plans.js";

/** What a start asks for besides the channel; each part left out is as the configuration says. */
export interface StartOrder {
  /** What to play, given by a request; a channel of an unknown id is made for it. */
  readonly handle?: string;
  readonly format?: ProgramFormat;
  /** True where it was on air when the engine ended: it goes on with the plan that it had then, wherever that came from. */
  readonly resumes?: boolean;
  /** True where it begins with the engine or a reload: nobody waits for it as for a request's (`ChannelRegistryOptions.patienceNs`). */
  readonly withEngine?: boolean;
  /** True where a viewer or reader has it begin: until then nobody missed it. */
  readonly onDemand?: boolean;
  readonly signal?: AbortSignal;
}

/** What a channel begins with. */
export interface Beginning {
  /** What airs, once the first tick is known. */
  readonly begin: (first: Tick, grid: HouseGrid) => Begun;
  /** Set where the plan could not be resolved and the channel airs slate: why. */
  readonly onSlate: PlayoutError | undefined;
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
  const saved = await orAbort(sources.savedPlans.load(config.id), signal);
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
      begin: (first, grid) => ({
        plan: startPlan({ ...draft, revision: last + 1 }, first, grid),
        handle: configured,
      }),
      onSlate: resolved?.onSlate,
    };
  }
  return {
    begin: (first, grid) => begun(config.id, { saved, configured, draft }, first, grid),
    onSlate: resolved?.onSlate,
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
    begin: (first, grid) =>
      goesOn === undefined
        ? { plan: startPlan({ ...draft, revision: last + 1 }, first, grid), handle }
        : begun(id, { saved: goesOn, configured: handle, draft }, first, grid),
    onSlate,
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
    begin: (first, grid) => begun(id, found, first, grid),
    onSlate: undefined,
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

function begun(
  id: number,
  found: Pick<Parameters<typeof planToBegin>[0], "saved" | "configured" | "draft">,
  atTick: Tick,
  grid: HouseGrid,
): Begun {
  const beginning = planToBegin({ ...found, atTick, grid });
  if (beginning !== undefined) return beginning;
  throw new PlayoutError("UnknownPlan", `Channel ${id} has no plan.`, {
    remedy: "Give it one in the configuration, or start it with one.",
    details: { channel: id },
  });
}
