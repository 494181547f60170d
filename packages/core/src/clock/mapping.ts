import { ceilDiv, floorDiv } from "../time/division.js";
import type { Nanoseconds } from "../time/units.js";
import type { ClockMapping } from "./clock.js";

/*
 * The same two lines are evaluated in C++ by every process that maps a bus. Anchors and times are 64-bit and rates below
 * 2^31, so that products stay below 2^96 and fit a 128-bit integer; division there must round down as it does here.
 */

const ppb = 1_000_000_000n;

/**
 * The fastest that house time may be slewed, in parts per billion of CLOCK_MONOTONIC, either way: 500 ppm, as NTP does
 * (RFC 5905, 11.3). At that rate a second is closed in 33 minutes and a picture comes 17 µs off its period.
 */
export const slewPpbMax = 500_000;

/** House time for an instant of CLOCK_MONOTONIC, rounded down. */
export function houseAt(mapping: ClockMapping, mono: Nanoseconds): Nanoseconds {
  // Most clocks run straight most of the time: then there is nothing to multiply.
  if (mapping.ratePpb === 0) return (mapping.houseAnchor + mono - mapping.monoAnchor) as Nanoseconds;
  const rate = ppb + BigInt(mapping.ratePpb);
  return (mapping.houseAnchor + floorDiv((mono - mapping.monoAnchor) * rate, ppb)) as Nanoseconds;
}

/**
 * The first instant of CLOCK_MONOTONIC at which house time has reached `house`, so that waiting for it is never
 * early. Undefined where time stands still and `house` lies ahead.
 */
export function monoAt(mapping: ClockMapping, house: Nanoseconds): Nanoseconds | undefined {
  const sinceAnchor = house - mapping.houseAnchor;
  if (mapping.ratePpb === 0) return (mapping.monoAnchor + sinceAnchor) as Nanoseconds;
  const rate = ppb + BigInt(mapping.ratePpb);
  if (rate <= 0n) return sinceAnchor <= 0n ? mapping.monoAnchor : undefined;
  return (mapping.monoAnchor + ceilDiv(sinceAnchor * ppb, rate)) as Nanoseconds;
}
