import type { Nanoseconds } from "../time/units.js";
import type { Plan, Segment } from "./plan.js";

/**
 * House time at which each segment of the plan's first round begins: its own start, else the end of the one before,
 * else the plan's start. Only additions of nanoseconds, so that no rounding enters before the grid is asked.
 */
export function segmentStarts(plan: Plan): Nanoseconds[] {
  const starts: Nanoseconds[] = [];
  let cursor: bigint = plan.start;
  for (const segment of plan.segments) {
    if (segment.start !== undefined) cursor = segment.start;
    starts.push(cursor as Nanoseconds);
    cursor += segment.duration;
  }
  return starts;
}

/** Sum of the durations of the segments `[0, count)`. */
export function durationOf(segments: readonly Segment[], count = segments.length): Nanoseconds {
  let sum = 0n;
  for (let i = 0; i < count; i++) sum += segments[i]?.duration ?? 0n;
  return sum as Nanoseconds;
}

/**
 * For each segment the index of the one that its run of media begins with (see `Anchor`): its own, unless it goes on
 * with the asset of the segment before at exactly that one's out-point, with no gap between.
 */
export function runHeads(plan: Plan): Int32Array {
  const heads = new Int32Array(plan.segments.length);
  let before: Segment | undefined;
  let cursor: bigint = plan.start;
  for (const [i, segment] of plan.segments.entries()) {
    const isGapless = segment.start === undefined || segment.start === cursor;
    const continues = before !== undefined && isGapless && goesOn(before, segment);
    heads[i] = continues ? (heads[i - 1] ?? i) : i;
    cursor = (segment.start ?? cursor) + segment.duration;
    before = segment;
  }
  return heads;
}

const goesOn = (before: Segment, segment: Segment): boolean =>
  segment.asset !== undefined &&
  before.asset?.uri === segment.asset.uri &&
  before.inPoint + before.duration === segment.inPoint;
