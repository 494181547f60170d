import { PlayoutError } from "../errors/playout-error.js";
import { formatRational, type Rational, rational } from "./rational.js";

/** The rates that programme is made and broadcast in, in frames per second, slowest first. */
export const standardRates: readonly Rational[] = Object.freeze([
  rational(24_000, 1_001),
  rational(24, 1),
  rational(25, 1),
  rational(30_000, 1_001),
  rational(30, 1),
  rational(50, 1),
  rational(60_000, 1_001),
  rational(60, 1),
]);

/** A claimed rate this near to a standard one means it. 24 and 24000/1001, the closest pair, lie 0.024 apart. */
const snapWithin = 0.01;

/**
 * Rates above this are not believed: no camera of ours makes them, but containers do claim 57 600 or 90 000 fps,
 * which is their time base.
 */
const claimedRateMax = 240;

/**
 * What to make of a frame rate that came from outside (a container, a decoder plugin, a still): the standard rate
 * within 0.01 of it, else the rate itself in lowest terms, else undefined if it cannot be meant.
 *
 * Not believed are anything but a fraction of positive safe integers, rates above 240 fps and rates of 1 fps and
 * below: 1/1 is what stills and stand-ins answer that have no rate at all. Never throws.
 */
export function snapRate(num: number, den: number): Rational | undefined {
  if (!Number.isSafeInteger(num) || !Number.isSafeInteger(den) || num <= 0 || den <= 0) return undefined;
  // The quotient's own rounding is 2^-53 of it, nothing against 0.01.
  const claimed = num / den;
  const standard = standardRates.find((rate) => Math.abs(claimed - rate.num / rate.den) <= snapWithin);
  if (standard) return standard;
  return claimed > 1 && claimed <= claimedRateMax ? rational(num, den) : undefined;
}

/**
 * The standard rate that a configuration or a request asks for, so that 2997/100 is the grid of 30000/1001 and not a
 * grid of its own. `InvalidArgument`, naming the eight, for a rate that is not within 0.01 of one.
 */
export function houseRate(wanted: Rational): Rational {
  const rate = snapRate(wanted.num, wanted.den);
  if (rate && standardRates.includes(rate)) return rate;
  const known = standardRates.map(formatRational);
  throw new PlayoutError("InvalidArgument", `${formatRational(wanted)} is not a house frame rate.`, {
    remedy: `Use one of ${known.join(", ")}.`,
    details: { frameRate: formatRational(wanted), standard: known },
  });
}
