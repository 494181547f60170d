import { type FrameMeta, noSegmentId } from "../bus/frame-meta.js";
import type { Place, SegmentPlace } from "../plan/place.js";
import type { Tick } from "../time/units.js";
import type { LadderStep } from "./ladder.js";
import type { SharedPicture } from "./shared-picture.js";

/** A slot's description but for its sound. */
export type PictureMeta = Omit<FrameMeta, "silentSamples">;

const nothingShown = Object.freeze({
  mediaTime: undefined,
  sourcePts: undefined,
  sourceTimeBase: undefined,
  sourceIndex: undefined,
  decoderIndex: undefined,
  decodeNs: 0,
  ancillary: Object.freeze([]),
});

/** Who is planned at a place. */
const planned = (place: Place, planRevision: number) => ({
  planRevision,
  segmentId: place.in === "segment" ? place.segment.id : noSegmentId,
  assetUri: (place.in === "segment" && place.segment.asset?.uri) || "",
  assetTitle: (place.in === "segment" && place.segment.asset?.title) || "",
});

const shown = (picture: SharedPicture, isRepeat: boolean) => ({
  mediaTime: picture.from.time,
  sourcePts: picture.from.sourcePts,
  sourceTimeBase: picture.from.sourceTimeBase,
  sourceIndex: picture.from.sourceIndex,
  decoderIndex: picture.decoderIndex,
  decodeNs: isRepeat ? 0 : picture.decodeNs,
  // Captions belong to the picture's first tick; repeated they would be shown twice.
  ancillary: isRepeat ? nothingShown.ancillary : picture.from.ancillary,
});

/** Describes a tick where the plan has no media: black, as planned. */
export const metaOfPlanned = (n: Tick, place: Place, revision: number): PictureMeta => ({
  ...planned(place, revision),
  ...nothingShown,
  firstOfSegment: place.in === "segment" && n === place.first,
  repeat: false,
  standIn: "black",
  standInReason: "planned",
  pad: true,
  discontinuity: false,
  late: false,
});

/** Describes a tick that airs its planned picture. */
export const metaOfPicture = (
  n: Tick,
  place: SegmentPlace,
  revision: number,
  picture: SharedPicture,
  repeat: boolean,
  discontinuity: boolean,
): PictureMeta => ({
  ...planned(place, revision),
  ...shown(picture, repeat),
  firstOfSegment: n === place.first,
  repeat,
  standIn: undefined,
  standInReason: "none",
  pad: false,
  discontinuity,
  late: false,
});

/** Describes a tick that airs a stand-in. */
export const metaOfStandIn = (
  n: Tick,
  place: SegmentPlace,
  revision: number,
  step: LadderStep,
  discontinuity: boolean,
): PictureMeta => ({
  ...planned(place, revision),
  ...(step.held === undefined ? nothingShown : shown(step.held, true)),
  firstOfSegment: n === place.first,
  repeat: false,
  standIn: step.kind,
  standInReason: step.reason,
  pad: false,
  discontinuity,
  late: step.reason === "lateTake",
});
