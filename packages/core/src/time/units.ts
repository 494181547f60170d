import { floorDiv } from "./division.js";

/**
 * The units of time that the whole engine speaks. Each is a branded integer, so that a tick cannot be
 * passed where nanoseconds are meant.
 *
 * Ticks and sample indices are `number`: counted from the Unix epoch they stay below 2^53 for more than a
 * million years at 60 fps, 5 900 at 48 kHz and 1 400 at 192 kHz, so their sums and differences are exact and
 * cost no allocation in the tick loop. Nanoseconds since the epoch do not fit 2^53 and are `bigint`.
 */
declare const unit: unique symbol;

/** Nanoseconds: of house time since the Unix epoch, or a length. May be negative as a difference. */
export type Nanoseconds = bigint & { readonly [unit]: "Nanoseconds" };

/** Nanoseconds from the first shown picture of an asset (or its first sound if it has no pictures). */
export type MediaTime = bigint & { readonly [unit]: "MediaTime" };

/** Index of one output frame on the house grid, counted from the Unix epoch. A safe integer ≥ 0. */
export type Tick = number & { readonly [unit]: "Tick" };

/** Index of one sound sample at the house rate, counted from the Unix epoch. A safe integer ≥ 0. */
export type SampleIndex = number & { readonly [unit]: "SampleIndex" };

/** Marks a `bigint` as nanoseconds. */
export const nanoseconds = (value: bigint): Nanoseconds => value as Nanoseconds;

/** Marks a `bigint` as a time in media. */
export const mediaTime = (value: bigint): MediaTime => value as MediaTime;

/** Marks an integer as a tick. Throws `RangeError` unless it is a safe integer ≥ 0. */
export function tick(value: number): Tick {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not a tick`);
  return value as Tick;
}

/** Marks an integer as a sample index. Throws `RangeError` unless it is a safe integer ≥ 0. */
export function sampleIndex(value: number): SampleIndex {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not a sample index`);
  return value as SampleIndex;
}

/** `n` ticks after (or before, if negative) `from`; the caller keeps the result at or above zero. */
export const tickAfter = (from: Tick, n: number): Tick => (from + n) as Tick;

/** Nanoseconds in a millisecond. */
export const nsPerMs = 1_000_000n;

/** Nanoseconds in a second. */
export const nsPerSecond = 1_000_000_000n;

/** Nanoseconds from whole milliseconds. Throws `RangeError` for a fraction. */
export const nanosecondsFromMs = (ms: number | bigint): Nanoseconds => (BigInt(ms) * nsPerMs) as Nanoseconds;

/** Whole milliseconds, rounded towards minus infinity. */
export const msFloor = (ns: Nanoseconds | MediaTime): number => Number(floorDiv(ns, nsPerMs));
