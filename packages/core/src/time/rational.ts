import { PlayoutError } from "../errors/playout-error.js";

/**
 * A positive fraction of two safe integers in lowest terms: frame rates, sample aspect ratios, time bases.
 * A frame rate is in frames per second, a time base in seconds per unit.
 */
export interface Rational {
  readonly num: number;
  readonly den: number;
}

/** Makes a rational in lowest terms. `InvalidArgument` unless both are safe integers above zero. */
export function rational(num: number, den: number): Rational {
  if (!Number.isSafeInteger(num) || !Number.isSafeInteger(den) || num <= 0 || den <= 0) {
    throw new PlayoutError("InvalidArgument", `${num}/${den} is not a fraction of positive whole numbers.`);
  }
  const divisor = greatestCommonDivisor(num, den);
  return Object.freeze({ num: num / divisor, den: den / divisor });
}

/** Reads "30000/1001" or "25". `InvalidArgument` for anything else. */
export function parseRational(text: string): Rational {
  const match = /^\s*(\d{1,10})(?:\s*\/\s*(\d{1,10}))?\s*$/.exec(text);
  if (!match) {
    throw new PlayoutError("InvalidArgument", `"${text}" is not a rate.`, {
      remedy: "Write 25 or 30000/1001.",
    });
  }
  return rational(Number(match[1]), Number(match[2] ?? 1));
}

/** "30000/1001", or "25" where the denominator is one. */
export const formatRational = (r: Rational): string => (r.den === 1 ? `${r.num}` : `${r.num}/${r.den}`);

/** True if both are the same fraction; both must be in lowest terms, as `rational` makes them. */
export const sameRational = (a: Rational, b: Rational): boolean => a.num === b.num && a.den === b.den;

function greatestCommonDivisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
