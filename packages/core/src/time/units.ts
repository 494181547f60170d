/**
 * The units of time that the whole engine speaks. Each is a branded integer, so that a tick cannot be
 * passed where nanoseconds are meant.
 *
 * Ticks and sample indices are `number`: counted from the Unix epoch they stay below 2^53 for more than
 * 4 000 years at 60 fps and 5 000 years at 48 kHz, so their sums and differences are exact and cost no
 * allocation in the tick loop. Nanoseconds since the epoch do not fit 2^53 and are `bigint`.
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

/** `n` ticks after (or before, if negative) `from`. */
export const tickAfter = (from: Tick, n: number): Tick => (from + n) as Tick;

/** Nanoseconds in a millisecond. */
export const nsPerMs = 1_000_000n;

/** Nanoseconds in a second. */
export const nsPerSecond = 1_000_000_000n;

/** Nanoseconds from whole milliseconds. */
export const nanosecondsFromMs = (ms: number | bigint): Nanoseconds => (BigInt(ms) * nsPerMs) as Nanoseconds;

/** Whole milliseconds, rounded towards minus infinity. */
export function msFloor(ns: Nanoseconds | MediaTime): number {
  const quotient = ns / nsPerMs;
  return Number(ns % nsPerMs < 0n ? quotient - 1n : quotient);
}
