import type { AssetRef } from "../media/asset.js";
import type { Place } from "./place.js";
import type { Plan, Segment } from "./plan.js";

/** True where applying `b` over `a` changes nothing: the same revision, or the same content under another. */
export const samePlan = (a: Plan, b: Plan): boolean => a.revision === b.revision || samePlanContent(a, b);

/** True where both plans air the same thing at every tick and name it alike; revisions may differ. */
export function samePlanContent(a: Plan, b: Plan): boolean {
  if (a === b) return true;
  if (a.start !== b.start || a.end !== b.end) return false;
  return sameSegments(a.segments, b.segments);
}

/** True where both lists hold equal segments in the same order. */
export function sameSegments(a: readonly Segment[], b: readonly Segment[]): boolean {
  return a.length === b.length && a.every((segment, i) => sameSegment(segment, b[i]));
}

/**
 * True where `b` is the airing that `a` is: the same segment from the same first tick, of the same asset from the
 * same in-point, treated alike. Nothing is reopened and no event is raised when one takes the other's place. The
 * end, and the fade-out that hangs on it, may differ: they are read from the newer place.
 *
 * Two voids are the same if they begin at the same tick, however they are called.
 */
export function sameAiring(a: Place, b: Place): boolean {
  if (a === b) return true;
  if (a.in !== "segment" || b.in !== "segment") {
    return a.in !== "segment" && b.in !== "segment" && a.first === b.first;
  }
  const [x, y] = [a.segment, b.segment];
  return (
    sameMedia(a, b) &&
    a.first === b.first &&
    x.id === y.id &&
    x.kind === y.kind &&
    x.inPoint === y.inPoint &&
    x.gainDb === y.gainDb &&
    x.fadeInNs === y.fadeInNs &&
    x.aspect === y.aspect
  );
}

/**
 * True where both places are of one run of media: the same asset, at the same media time at every tick. The decoder
 * that is open for one serves the other, be it the same airing under another id or treatment, or the segment that
 * goes on where this one ends.
 */
export const sameMedia = (a: Place, b: Place): boolean =>
  a.in === "segment" &&
  b.in === "segment" &&
  a.segment.asset?.uri === b.segment.asset?.uri &&
  a.anchor.first === b.anchor.first &&
  a.anchor.inPoint === b.anchor.inPoint;

function sameSegment(a: Segment, b: Segment | undefined): boolean {
  if (a === b) return true;
  return (
    b !== undefined &&
    a.id === b.id &&
    a.kind === b.kind &&
    sameAsset(a.asset, b.asset) &&
    a.inPoint === b.inPoint &&
    a.duration === b.duration &&
    a.start === b.start &&
    a.gainDb === b.gainDb &&
    a.fadeInNs === b.fadeInNs &&
    a.fadeOutNs === b.fadeOutNs &&
    a.aspect === b.aspect &&
    sameLabels(a.labels, b.labels)
  );
}

const sameAsset = (a: AssetRef | undefined, b: AssetRef | undefined): boolean =>
  a?.uri === b?.uri && a?.title === b?.title;

function sameLabels(a: Segment["labels"], b: Segment["labels"]): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
