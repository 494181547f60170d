import type { SoundTreatment } from "../conform/conformer.js";
import type { HouseGrid } from "../time/house-grid.js";
import type { Tick } from "../time/units.js";
import type { SegmentPlace } from "./place.js";

/**
 * Light of the picture at `tick`: 0 = black … 1 = untouched. A fade-in is exactly 0 at the segment's first tick and
 * rises linearly with the time since; a fade-out falls linearly towards 0, which it would have at the tick just
 * after the last. Where both reach into the same tick the darker one counts.
 *
 * Computed from ticks, so that it is the same for a decoder joined in the middle as for one that ran from the start.
 */
export function fadeAlphaAt(place: SegmentPlace, tick: Tick, grid: HouseGrid): number {
  const { fadeInNs, fadeOutNs } = place.segment;
  if (fadeInNs === noFade && fadeOutNs === noFade) return 1;
  const rise = fadeInNs === noFade ? 1 : ticksNs(grid, tick - place.first) / Number(fadeInNs);
  const fall = fadeOutNs === noFade ? 1 : ticksNs(grid, place.end - tick) / Number(fadeOutNs);
  return Math.min(1, rise, fall);
}

/**
 * What happens to the sound of `tick`: the segment's gain, and a ramp that follows the picture's fade from the start
 * of the tick to the start of the next, so that neighbouring ticks meet without a step.
 */
export const soundTreatmentAt = (place: SegmentPlace, tick: Tick, grid: HouseGrid): SoundTreatment => ({
  gainDb: place.segment.gainDb,
  rampFrom: fadeAlphaAt(place, tick, grid),
  rampTo: fadeAlphaAt(place, (tick + 1) as Tick, grid),
});

const noFade = 0n;

/** Length of `ticks`, as a fraction of nanoseconds: a brightness, not a time, so floating point is right here. */
const ticksNs = (grid: HouseGrid, ticks: number): number =>
  (ticks * grid.frameRate.den * 1e9) / grid.frameRate.num;
