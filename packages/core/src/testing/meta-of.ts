import { type FrameMeta, noSegmentId } from "../bus/frame-meta.js";

/** The meta of a tick that belongs to nothing, with what a test changes in it. */
export const metaOf = (changes: Partial<FrameMeta> = {}): FrameMeta => ({
  planRevision: 1,
  segmentId: noSegmentId,
  assetUri: "",
  assetTitle: "",
  firstOfSegment: false,
  repeat: false,
  standIn: undefined,
  standInReason: "none",
  pad: false,
  discontinuity: false,
  late: false,
  mediaTime: undefined,
  sourcePts: undefined,
  sourceTimeBase: undefined,
  sourceIndex: undefined,
  decoderIndex: undefined,
  decodeNs: 0,
  silentSamples: 0,
  ancillary: [],
  ...changes,
});
