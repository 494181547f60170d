import type { Expectation } from "../bus/committer.js";
import { noSegmentId } from "../bus/frame-meta.js";
import type { Place } from "../plan/place.js";

/** What the committer is told of a place, so that it can stand in there truly. */
export function expectationOf(place: Place, planRevision: number): Expectation {
  const segment = place.in === "segment" ? place.segment : undefined;
  return {
    firstTick: place.first,
    segmentId: segment?.id ?? noSegmentId,
    planRevision,
    assetUri: segment?.asset?.uri ?? "",
    assetTitle: segment?.asset?.title ?? "",
    pad: segment?.asset === undefined,
  };
}
