import { ceilDiv, floorDiv } from "../time/division.js";
import type { Nanoseconds } from "../time/units.js";
import type { ClockMapping } from "./clock.js";

const ppb = 1_000_000_000n;

/** House time for an instant of CLOCK_MONOTONIC, rounded down. */
export function houseAt(mapping: ClockMapping, mono: Nanoseconds): Nanoseconds {
  const rate = ppb + BigInt(mapping.ratePpb);
  return (mapping.houseAnchor + floorDiv((mono - mapping.monoAnchor) * rate, ppb)) as Nanoseconds;
}

/**
 * The first instant of CLOCK_MONOTONIC at which house time has reached `house`, so that waiting for it is never
 * early. Undefined where time stands still and `house` lies ahead.
 */
export function monoAt(mapping: ClockMapping, house: Nanoseconds): Nanoseconds | undefined {
  const sinceAnchor = house - mapping.houseAnchor;
  const rate = ppb + BigInt(mapping.ratePpb);
  if (rate <= 0n) return sinceAnchor <= 0n ? mapping.monoAnchor : undefined;
  return (mapping.monoAnchor + ceilDiv(sinceAnchor * ppb, rate)) as Nanoseconds;
}
