import type { AspectPolicy, PlanEnd, SegmentKind } from "@retrovue/core";
import { SegmentType, TransitionType } from "../gen/retrovue/playout_pb.js";
import { PlanSegment_Aspect, PlanSegment_Kind, PlayoutPlan_End } from "../gen/retrovue/playout_plans_pb.js";
import { enumTable } from "./enum-table.js";

/** What a segment is for. */
export const segmentKinds = enumTable<SegmentKind, PlanSegment_Kind>(
  {
    content: PlanSegment_Kind.content,
    filler: PlanSegment_Kind.filler,
    pad: PlanSegment_Kind.pad,
  },
  {
    [PlanSegment_Kind.content]: "content",
    [PlanSegment_Kind.filler]: "filler",
    [PlanSegment_Kind.pad]: "pad",
  },
);

/** What a segment of a block is for. */
export const segmentTypes = enumTable<SegmentKind, SegmentType>(
  {
    content: SegmentType.CONTENT,
    filler: SegmentType.FILLER,
    pad: SegmentType.PAD,
  },
  {
    [SegmentType.CONTENT]: "content",
    [SegmentType.FILLER]: "filler",
    [SegmentType.PAD]: "pad",
  },
);

/** What follows a plan. */
export const planEnds = enumTable<PlanEnd, PlayoutPlan_End>(
  { pad: PlayoutPlan_End.pad, loop: PlayoutPlan_End.loop },
  {
    [PlayoutPlan_End.pad]: "pad",
    [PlayoutPlan_End.loop]: "loop",
  },
);

/** How a picture of another shape is fitted. */
export const aspectPolicies = enumTable<AspectPolicy, PlanSegment_Aspect>(
  {
    preserve: PlanSegment_Aspect.preserve,
    stretch: PlanSegment_Aspect.stretch,
    crop: PlanSegment_Aspect.crop,
  },
  {
    [PlanSegment_Aspect.preserve]: "preserve",
    [PlanSegment_Aspect.stretch]: "stretch",
    [PlanSegment_Aspect.crop]: "crop",
  },
);

/** How a segment of a block begins or ends. */
export type Transition = "cut" | "fade";

/** How a segment of a block begins or ends. */
export const transitions = enumTable<Transition, TransitionType>(
  { cut: TransitionType.TRANSITION_NONE, fade: TransitionType.TRANSITION_FADE },
  {
    [TransitionType.TRANSITION_NONE]: "cut",
    [TransitionType.TRANSITION_FADE]: "fade",
  },
);
