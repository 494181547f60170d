import fc from "fast-check";
import { expect, test } from "vitest";
import { PlayoutError } from "../errors/playout-error.js";
import { ceilDiv, floorDiv } from "./division.js";
import { formatRational, parseRational, rational, sameRational } from "./rational.js";
import { mediaTime, msFloor, nanoseconds, nanosecondsFromMs, sampleIndex, tick } from "./units.js";

const positive = fc.integer({ min: 1, max: 2 ** 31 });

test("time/division-rounds-as-named-on-both-sides-of-zero", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 100n), max: 2n ** 100n }),
      fc.bigInt({ min: 1n, max: 2n ** 64n }),
      (a, b) => {
        const floor = floorDiv(a, b);
        expect(floor * b <= a && a < (floor + 1n) * b).toBe(true);
        const ceil = ceilDiv(a, b);
        expect((ceil - 1n) * b < a && a <= ceil * b).toBe(true);
      },
    ),
  );
  expect([floorDiv(-7n, 2n), floorDiv(7n, 2n), ceilDiv(-7n, 2n), ceilDiv(7n, 2n)]).toEqual([
    -4n,
    3n,
    -3n,
    4n,
  ]);
});

test("time/rationals-are-in-lowest-terms-and-read-back", () => {
  fc.assert(
    fc.property(positive, positive, fc.integer({ min: 1, max: 1000 }), (num, den, factor) => {
      const r = rational(num, den);
      expect(BigInt(r.num) * BigInt(den)).toBe(BigInt(num) * BigInt(r.den));
      expect(sameRational(rational(num * factor, den * factor), r)).toBe(true);
      expect(parseRational(formatRational(r))).toEqual(r);
    }),
  );
  expect(sameRational(rational(24_000, 1_001), rational(24, 1))).toBe(false);
});

test.each(["", "0", "0/1", "1/0", "-25", "25/-1", "29.97", "1e3", "25/1/1", "25 fps", "99999999999"])(
  "time/what-is-no-rate-is-refused: %j",
  (text) => {
    expect(() => parseRational(text)).toThrow(PlayoutError);
  },
);

test.each([
  [0, 1],
  [1, 0],
  [-1, 2],
  [1.5, 1],
  [2 ** 53, 1],
  [Number.NaN, 1],
])("time/what-is-no-fraction-is-refused: %d/%d", (num, den) => {
  expect(() => rational(num, den)).toThrow(PlayoutError);
});

test("time/units-are-checked-where-they-are-made", () => {
  for (const make of [tick, sampleIndex]) {
    expect(make(0)).toBe(0);
    for (const wrong of [-1, 0.5, 2 ** 53, Number.NaN]) expect(() => make(wrong)).toThrow(RangeError);
  }
  expect(nanosecondsFromMs(-3)).toBe(-3_000_000n);
  expect(() => nanosecondsFromMs(0.5)).toThrow(RangeError);
  expect(msFloor(nanoseconds(-1n))).toBe(-1);
  expect(msFloor(mediaTime(1_999_999n))).toBe(1);
  expect(msFloor(mediaTime(-2_000_000n))).toBe(-2);
});
