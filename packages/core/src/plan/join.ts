import type { HouseGrid } from "../time/house-grid.js";
import type { MediaTime, Nanoseconds, Tick } from "../time/units.js";
import type { SegmentPlace } from "./place.js";

/**
 * How long the segment has been on air at `tick`, counted in ticks from its first one: `(tick − first) · den / num`,
 * rounded down to the nanosecond. The only place where being late or joining in the middle enters: a plan's in-points
 * and starts are never edited for it. `tick` must not precede the place.
 */
export const elapsedAt = (place: SegmentPlace, tick: Tick, grid: HouseGrid): Nanoseconds =>
  grid.length(tick - place.first);

/**
 * Media time wanted at `tick`: the in-point of the run of media that the segment belongs to, plus the time since that
 * run began. Where a decoder is to be sought when the segment is joined there.
 */
export const mediaTimeAt = ({ anchor }: SegmentPlace, tick: Tick, grid: HouseGrid): MediaTime =>
  (anchor.inPoint + grid.length(tick - anchor.first)) as MediaTime;
