import {
  cadenceToleranceNs,
  type HouseGrid,
  type PictureTreatment,
  type SegmentPlace,
  type Tick,
} from "@retrovue/core";
import type { Actor } from "../world/cast.js";

/** Which picture of an asset the plan has at a tick: the oracle, by plain search over the asset's own times. */
export function expectedPicture(
  actor: Actor,
  place: SegmentPlace,
  tick: Tick,
  grid: HouseGrid,
): ExpectedPicture | undefined {
  const { pictures } = actor.pattern;
  if (pictures === undefined) return undefined;
  const last = pictures.count - 1;
  const snapped = Math.min(last, pictures.times.atOrBefore(place.anchor.inPoint + cadenceToleranceNs));
  const target = pictures.times.at(snapped) + grid.length(tick - place.anchor.first);
  const frame = Math.min(last, pictures.times.atOrBefore(target + cadenceToleranceNs));
  // The last picture is shown for as long as pictures last before it; a rounding more or less decides nothing.
  const endsAt = pictures.times.at(last + 1);
  const inPoint = place.anchor.inPoint;
  const isBeyond = inPoint + cadenceToleranceNs >= endsAt;
  const overtimeNs = isBeyond ? inPoint + grid.length(tick - place.anchor.first) - endsAt : target - endsAt;
  return { frame, overtimeNs, field: fieldAt(pictures, frame, target, grid) };
}

/** Which field airs: both, where a picture is not interlaced or lasts less than a tick and a half. */
function fieldAt(
  { times, fieldOrder }: NonNullable<Actor["pattern"]["pictures"]>,
  frame: number,
  target: bigint,
  grid: HouseGrid,
): PictureTreatment["field"] {
  const begins = times.at(frame);
  const length = times.at(frame + 1) - begins;
  if (fieldOrder === "progressive" || length * 2n < grid.length(3)) return "both";
  return (target + cadenceToleranceNs - begins) * 2n < length ? "first" : "second";
}

/** The picture that is planned at a tick. */
export interface ExpectedPicture {
  readonly field: PictureTreatment["field"];
  readonly frame: number;
  /** How far the tick lies past the end of the media; negative inside of it. */
  readonly overtimeNs: bigint;
}
