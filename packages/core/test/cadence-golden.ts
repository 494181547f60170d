import { floorDiv } from "../src/time/division.js";
import type { Rational } from "../src/time/rational.js";
import { standardRates } from "../src/time/standard-rates.js";
import { type MediaTime, mediaTime } from "../src/time/units.js";

/** How a container writes down the time of a picture. */
export interface Rounding {
  readonly name: string;
  /** Units a second, and what is added before rounding down: 0 for floor, half a unit for nearest. */
  readonly unitsPerSecond: bigint;
  readonly nearest: boolean;
  /** Greatest distance of a written time from the true one, in nanoseconds; rounded up. */
  readonly errorNs: bigint;
}

export const roundings: readonly Rounding[] = [
  { name: "exact", unitsPerSecond: 1_000_000_000n, nearest: false, errorNs: 1n },
  { name: "90 kHz, down", unitsPerSecond: 90_000n, nearest: false, errorNs: 11_112n },
  { name: "90 kHz, nearest", unitsPerSecond: 90_000n, nearest: true, errorNs: 5_556n },
  { name: "1 ms, down", unitsPerSecond: 1_000n, nearest: false, errorNs: 1_000_000n },
  { name: "1 ms, nearest", unitsPerSecond: 1_000n, nearest: true, errorNs: 500_000n },
];

/** Pictures of one asset: times by index. */
export interface Source {
  readonly count: number;
  timeOf(k: number): MediaTime;
}

/**
 * Material of a constant rate as a container tells it: each timestamp, counted from an arbitrary `startNs`, is rounded;
 * then the decoder makes the first shown picture zero.
 */
export function constantRate(rate: Rational, count: number, rounding: Rounding, startNs = 0n): Source {
  const [num, den] = [BigInt(rate.num), BigInt(rate.den)];
  const units = rounding.unitsPerSecond;
  const ns = 1_000_000_000n;
  const written = (k: number) => {
    // (start/1e9 + k·den/num) · units, as one fraction
    const top = (startNs * num + BigInt(k) * den * ns) * units;
    const bottom = ns * num;
    return rounding.nearest ? floorDiv(2n * top + bottom, 2n * bottom) : floorDiv(top, bottom);
  };
  const zero = written(0);
  return { count, timeOf: (k) => mediaTime(((written(k) - zero) * ns) / units) };
}

/** All times of a source, as an index pass over the file would list them. */
export const timesOf = (source: Source): MediaTime[] =>
  Array.from({ length: source.count }, (_, k) => source.timeOf(k));

const [r23, r24, r25, r29, r30, r50, r59, r60] = standardRates as [
  Rational,
  Rational,
  Rational,
  Rational,
  Rational,
  Rational,
  Rational,
  Rational,
];

/** What a viewer must see, tick by tick, written down before there was any decoder. */
export interface GoldenRow {
  readonly source: Rational;
  readonly house: Rational;
  /** Source pictures at ticks 0, 1, 2, … */
  readonly pictures: readonly number[];
  /** True where phases lock, so that all roundings air the very same pictures for ever. */
  readonly locked: boolean;
}

export const golden: readonly GoldenRow[] = [
  {
    source: r23,
    house: r29,
    locked: true,
    pictures: [0, 0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 9, 10, 11, 12, 12, 13, 14, 15, 16, 16, 17, 18],
  },
  {
    source: r24,
    house: r29,
    locked: false,
    pictures: [0, 0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 9, 10, 11, 12, 12, 13, 14, 15, 16, 16, 17, 18],
  },
  {
    source: r25,
    house: r29,
    locked: false,
    pictures: [0, 0, 1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 10, 11, 12, 13, 14, 15, 15, 16, 17, 18, 19],
  },
  { source: r59, house: r29, locked: true, pictures: [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22] },
  { source: r29, house: r59, locked: true, pictures: [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6] },
  { source: r50, house: r25, locked: true, pictures: [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22] },
  { source: r25, house: r50, locked: true, pictures: [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6] },
  { source: r30, house: r29, locked: false, pictures: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13] },
  { source: r60, house: r29, locked: false, pictures: [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22] },
  {
    source: r60,
    house: r23,
    locked: false,
    pictures: [0, 2, 5, 7, 10, 12, 15, 17, 20, 22, 25, 27, 30, 32, 35, 37, 40, 42, 45, 47, 50, 52],
  },
  ...standardRates.map((rate) => ({
    source: rate,
    house: rate,
    locked: true,
    pictures: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  })),
];

/** The rule of timing.md in whole numbers: greatest k with k / source ≤ n / house + 1/500 s. */
export const exactPicture = (source: Rational, house: Rational, n: number): number =>
  Number(
    ((BigInt(n) * BigInt(house.den) * 500n + BigInt(house.num)) * BigInt(source.num)) /
      (BigInt(house.num) * 500n * BigInt(source.den)),
  );

/**
 * Ticks after which the pattern of a pair begins again: both lines meet on whole seconds, where every rounding starts
 * afresh. What holds for one period holds for ever.
 */
export const periodTicks = (source: Rational, house: Rational): number =>
  (Math.max(source.den, house.den) * house.num) / house.den;
