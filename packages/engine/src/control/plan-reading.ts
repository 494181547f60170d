import { clone } from "@bufbuild/protobuf";
import { type MediaTime, PlayoutError } from "@retrovue/core";
import {
  assetsOfUnknownLength,
  invalidField,
  type PlayoutPlan,
  PlayoutPlanSchema,
  requiredField,
} from "@retrovue/protocol";
import { type AssetLengths, lengthIfAny } from "../media/media-inspector.js";
import type { PlanResolver } from "../plans/plan-resolver.js";

/** What plans from requests are read with. */
export interface PlanReadingDeps {
  readonly resolver: Pick<PlanResolver, "locate">;
  readonly lengths: AssetLengths;
  /** Segments of a plan, by the configuration. */
  readonly segmentsMax: number;
}

/** Assets looked at side by side for their lengths. */
const lookUpsMax = 4;

/**
 * A plan of a request with its assets' paths made absolute. `InvalidArgument` where it is missing or too long, and what keeps an
 * asset from being looked for, as `Timeout` of a share that does not answer.
 */
export async function plannedBy(
  given: PlayoutPlan | undefined,
  { resolver, segmentsMax }: PlanReadingDeps,
  signal: AbortSignal,
): Promise<PlayoutPlan> {
  const plan = clone(PlayoutPlanSchema, requiredField("plan", given));
  if (plan.segments.length > segmentsMax) {
    throw invalidField("plan.segments", `at most ${segmentsMax} segments`, plan.segments.length);
  }
  for (const segment of plan.segments)
    if (segment.uri !== "") segment.uri = await located(segment.uri, resolver, signal);
  return plan;
}

/** Lengths of the assets whose segments say no duration; those that do not open are left out, and become faults of the plan. */
export async function lengthsFor(
  plan: PlayoutPlan,
  { lengths }: PlanReadingDeps,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, MediaTime>> {
  const found = new Map<string, MediaTime>();
  const waiting = [...assetsOfUnknownLength(plan)];
  const work = async () => {
    for (let uri = waiting.shift(); uri !== undefined; uri = waiting.shift()) {
      const length = await lengthIfAny(lengths, uri, signal);
      signal.throwIfAborted();
      if (length !== undefined) found.set(uri, length);
    }
  };
  await Promise.all(Array.from({ length: lookUpsMax }, work));
  return found;
}

/** A path that no file is at stays as it is: its segment fails by itself, and the rest airs. */
async function located(
  uri: string,
  resolver: Pick<PlanResolver, "locate">,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await resolver.locate(uri, signal);
  } catch (thrown) {
    // Where nobody can say yet, the path must not go in force as one that no file is at.
    if (signal.aborted || (PlayoutError.is(thrown) && !PlayoutError.is(thrown, "UnknownPlan"))) throw thrown;
    return uri;
  }
}
