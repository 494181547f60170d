import fc from "fast-check";
import { expect, test } from "vitest";
import { PlayoutError } from "../errors/playout-error.js";
import { HouseGrid } from "./house-grid.js";
import { formatRational, parseRational, rational } from "./rational.js";
import { houseRate, snapRate, standardRates } from "./standard-rates.js";
import { tick } from "./units.js";

const snapped = (num: number, den: number) => {
  const rate = snapRate(num, den);
  return rate && formatRational(rate);
};

test("time/standard-rates-are-the-eight", () => {
  expect(standardRates.map(formatRational)).toEqual([
    "24000/1001",
    "24",
    "25",
    "30000/1001",
    "30",
    "50",
    "60000/1001",
    "60",
  ]);
});

test.each([
  [24_000, 1_001, "24000/1001"],
  [23_976, 1_000, "24000/1001"],
  [2_397, 100, "24000/1001"],
  [24, 1, "24"],
  [23_995, 1_000, "24"],
  [25, 1, "25"],
  [50, 2, "25"],
  [2_997, 100, "30000/1001"],
  [29_969_999, 1_000_000, "30000/1001"],
  [10_000_000, 333_667, "30000/1001"],
  [30, 1, "30"],
  [5_994, 100, "60000/1001"],
  [19_001, 317, "60000/1001"],
  [60, 1, "60"],
  [59_995, 1_000, "60"],
  [15, 1, "15"],
  [25_02, 100, "1251/50"],
  [120, 1, "120"],
  [240, 1, "240"],
])("time/claimed-rates-snap-to-standard-ones-within-0.01: %i/%i is %s", (num, den, rate) => {
  expect(snapped(num, den)).toBe(rate);
});

test("lesson/06-rates-from-outside-are-bounded-and-snapped", () => {
  // What stand-ins, stills and time bases answer when asked for a rate.
  for (const [num, den] of [
    [1, 1],
    [0, 1],
    [0, 0],
    [1, 0],
    [-25, 1],
    [25, -1],
    [57_600, 1],
    [90_000, 1],
    [241, 1],
    [1, 2],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 1],
    [29.97, 1],
    [2 ** 60, 2 ** 55],
  ] as const) {
    expect(snapRate(num, den), `${num}/${den}`).toBeUndefined();
  }
  // Whatever comes in, what comes out can be reckoned with.
  const anyNumber = fc.oneof(fc.integer(), fc.double(), fc.maxSafeInteger());
  fc.assert(
    fc.property(anyNumber, anyNumber, (num, den) => {
      const rate = snapRate(num, den);
      if (!rate) return;
      expect(rate.num / rate.den).toBeGreaterThan(1);
      expect(rate.num / rate.den).toBeLessThanOrEqual(240);
      expect(Math.abs(rate.num / rate.den - num / den)).toBeLessThanOrEqual(0.01);
    }),
    { numRuns: 2000 },
  );
  // A channel's own grid is one of the eight or nothing: 1/1 would have made one tick a second.
  expect(() => houseRate(rational(1, 1))).toThrow(PlayoutError);
});

test("time/a-house-rate-is-standard-or-refused-by-name", () => {
  expect(houseRate(parseRational("2997/100"))).toBe(standardRates[3]);
  expect(houseRate(rational(50, 2))).toBe(standardRates[2]);
  for (const rate of standardRates) {
    expect(houseRate(rate)).toBe(rate);
    expect(new HouseGrid(houseRate(rate), 48_000).tickTime(tick(0))).toBe(0n);
  }
  try {
    houseRate(rational(48, 1));
    expect.unreachable();
  } catch (thrown) {
    expect(PlayoutError.is(thrown, "InvalidArgument")).toBe(true);
    expect((thrown as PlayoutError).message).toBe(
      "48 is not a house frame rate. Use one of 24000/1001, 24, 25, 30000/1001, 30, 50, 60000/1001, 60.",
    );
  }
});
