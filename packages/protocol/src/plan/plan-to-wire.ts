import { create } from "@bufbuild/protobuf";
import type { PlanDraft, Segment } from "@retrovue/core";
import { aspectPolicies, planEnds, segmentKinds } from "../enums/plan-enums.js";
import {
  type PlanSegment,
  PlanSegmentSchema,
  type PlayoutPlan,
  PlayoutPlanSchema,
} from "../gen/retrovue/playout_plans_pb.js";
import { durationToWire, timestampToWire } from "../time/wire-time.js";

/**
 * A plan as a message, with ids and lengths filled in and nothing said that is the default: what GetPlan answers, and
 * what reads well as a plan file. `planFromWire` gives the same plan back.
 *
 * @param title what people call the plan; the core's plan has none
 */
export const planToWire = (plan: PlanDraft, title = ""): PlayoutPlan =>
  create(PlayoutPlanSchema, {
    title,
    ...(plan.start === undefined ? {} : { start: timestampToWire(plan.start) }),
    end: planEnds.toWire(plan.end),
    segments: plan.segments.map(segmentToWire),
  });

function segmentToWire(segment: Segment): PlanSegment {
  const { asset, start, aspect, inPoint, fadeInNs, fadeOutNs } = segment;
  return create(PlanSegmentSchema, {
    id: segment.id,
    uri: asset?.uri ?? "",
    title: asset?.title ?? "",
    kind: segmentKinds.toWire(segment.kind),
    ...(inPoint === 0n ? {} : { inPoint: durationToWire(inPoint) }),
    duration: durationToWire(segment.duration),
    ...(start === undefined ? {} : { start: timestampToWire(start) }),
    gainDb: segment.gainDb,
    ...(fadeInNs === 0n ? {} : { fadeIn: durationToWire(fadeInNs) }),
    ...(fadeOutNs === 0n ? {} : { fadeOut: durationToWire(fadeOutNs) }),
    ...(aspect === undefined ? {} : { aspect: aspectPolicies.toWire(aspect) }),
    labels: { ...segment.labels },
  });
}
