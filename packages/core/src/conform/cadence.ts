import { type EndOfMedia, endOfMedia } from "../media/picture.js";
import type { HouseGrid } from "../time/house-grid.js";
import type { MediaTime, Nanoseconds } from "../time/units.js";

/*
 * Which source picture airs at a tick: the one with the greatest media time ≤ snappedIn + elapsed + 2 ms. It follows
 * from (segment, tick) alone. Nothing here has a memory, so no speed or phase can be carried across a seam, and no
 * rate that a file claims is ever looked at.
 */

/**
 * How much later than asked for a picture may be and still air. Media timestamps and the in-point's picture are each
 * up to one rounding step off, 1 ms at most (Matroska), so the two err by less than 2 ms against each other, and
 * pairs of rates that lock in phase with steps of 3.3 ms or more (23.976 on 29.97: 8.3 ms) air the same pictures with
 * rounded times as with exact ones. A whole rate on one over 1001, or the other way round (24 on 29.97), sweeps through
 * all phases: times rounded to 1 ms may there move a change of picture by one tick; no picture is lost by it.
 */
export const cadenceToleranceNs = 2_000_000n;

/**
 * The media time asked for at a tick.
 *
 * @param snappedIn time of the picture that the segment's in-point selects (`pictureFor(times, inPoint)`, or what the
 *   decoder gives first after a seek to the in-point); found once per segment, also when it is joined in its middle
 * @param elapsed what the ticks since the segment's first one last: `grid.length(n − first)`. Its rounding down to the
 *   nanosecond changes nothing, since picture times are whole nanoseconds
 */
export const targetTime = (snappedIn: MediaTime, elapsed: Nanoseconds): MediaTime =>
  (snappedIn + elapsed) as MediaTime;

/**
 * The greatest time that a picture may have to air when `target` is asked for. This is what `readPicture` wants as
 * `notBefore`: the picture it then returns is the one to air, and those nobody will see are skipped.
 */
export const latestTime = (target: MediaTime): MediaTime => (target + cadenceToleranceNs) as MediaTime;

/** What to do with the picture at hand: show it (again), or let its successor take its place and ask again. */
export type CadenceStep = "keep" | "advance";

/**
 * Decides for one tick with a look-ahead of one picture: `advance` while the next picture may air already. Ask until
 * it says `keep`: more than one step means that pictures are left out. At the end of media the last picture is kept;
 * how long it may be held is not the cadence's business.
 *
 * @param next time of the picture after the one at hand, or `endOfMedia`
 */
export const cadenceStep = (target: MediaTime, next: MediaTime | EndOfMedia): CadenceStep =>
  next !== endOfMedia && next <= latestTime(target) ? "advance" : "keep";

/**
 * The same decision over a list of all picture times, in presentation order: the index of the picture to air for
 * `target`, the last one where several have the same time; 0 where `target` precedes them all; −1 for an empty list.
 * Also tells which picture an in-point selects.
 */
export function pictureFor(times: readonly MediaTime[], target: MediaTime): number {
  const latest = latestTime(target);
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as MediaTime) <= latest) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? Math.min(0, times.length - 1) : low - 1;
}

/**
 * Indices of the pictures that air at the ticks `from` to `to` (exclusive), counted from the segment's first tick.
 * The whole cadence in one pure line: what a channel does step by step must give the same.
 *
 * @param times all picture times of the asset, in presentation order, at least one
 * @param from `0` for the whole segment; more for one joined in its middle, which changes nothing else
 */
export function airedPictures(
  times: readonly MediaTime[],
  inPoint: MediaTime,
  grid: HouseGrid,
  from: number,
  to: number,
): number[] {
  const snappedIn = times[pictureFor(times, inPoint)];
  if (snappedIn === undefined) return [];
  return Array.from({ length: to - from }, (_, i) =>
    pictureFor(times, targetTime(snappedIn, grid.length(from + i))),
  );
}
