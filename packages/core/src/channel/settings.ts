import type { Nanoseconds } from "../time/units.js";

/** What a channel is told once, when it is made. Times are lengths in nanoseconds. */
export interface ChannelSettings {
  /** Depth below which the channel counts as buffering. Default 150 ms. */
  readonly leadNsMin: Nanoseconds;
  /** How far ahead of house time ticks are submitted at most: the last of a turn. Default 500 ms. */
  readonly leadNsTarget: Nanoseconds;
  /** Ticks are made some at a time, so many as take this long and a seventh of the lead; at least one. Default 70 ms. */
  readonly turnNs: Nanoseconds;
  /** The committer stands in for a tick this long before its time; the channel gives up a tick earlier. */
  readonly guardNs: Nanoseconds;
  /** How long before its first tick a segment is prepared. Default 3 s. */
  readonly prerollNs: Nanoseconds;
  /** Sound decoded ahead, before a segment's start and while it airs. Default 500 ms. */
  readonly soundAheadNs: Nanoseconds;
  /** How long the last picture is held at a fault. Default 2 s. */
  readonly holdNsMax: Nanoseconds;
  /** How long it is held at an early end of media. Default 250 ms. */
  readonly shortHoldNs: Nanoseconds;
  /** What follows a hold. `black` where the channel has no slate. Default slate. */
  readonly afterHold: "slate" | "black";
  /** What follows the hold at an early end of media. Default slate. */
  readonly onShort: "slate" | "black";
  /** No progress for this long: the decoder hangs and is given up. Default 2 s. */
  readonly stallTimeoutNs: Nanoseconds;
  /** A decoder this late is sought ahead. Default 1 s. */
  readonly reseekAfterNs: Nanoseconds;
  /** Decoders open at one time, on air and prepared. Default 8. */
  readonly sourcesMax: number;
}

const ms = (value: number): Nanoseconds => (BigInt(value) * 1_000_000n) as Nanoseconds;

/** The defaults of the design; the guard fits 29.97 fps (two ticks). */
export const defaultChannelSettings: ChannelSettings = Object.freeze({
  leadNsMin: ms(150),
  leadNsTarget: ms(500),
  turnNs: ms(70),
  guardNs: ms(67),
  prerollNs: ms(3000),
  soundAheadNs: ms(500),
  holdNsMax: ms(2000),
  shortHoldNs: ms(250),
  afterHold: "slate",
  onShort: "slate",
  stallTimeoutNs: ms(2000),
  reseekAfterNs: ms(1000),
  sourcesMax: 8,
});
