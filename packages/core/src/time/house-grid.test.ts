import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HouseGrid } from "./house-grid.js";
import { formatRational, type Rational, rational } from "./rational.js";
import { standardRates } from "./standard-rates.js";
import { nanoseconds, type SampleIndex, type Tick, tick } from "./units.js";

/** 2100-01-01T00:00:00Z in seconds since the epoch. */
const secondsAt2100 = 4_102_444_800;
const sampleRates = [44_100, 48_000, 96_000, 192_000];

/** The grid by definition, in integers of any size and nothing else. */
const reference = {
  tickTime: ({ num, den }: Rational, n: number) => (BigInt(n) * BigInt(den) * 10n ** 9n) / BigInt(num),
  sampleAt: ({ num, den }: Rational, sampleRate: number, n: number) =>
    (BigInt(n) * BigInt(den) * BigInt(sampleRate)) / BigInt(num),
};

const ticksUntil2100 = (rate: Rational) => Math.ceil((secondsAt2100 * rate.num) / rate.den);
const anyTick = (rate: Rational) => fc.integer({ min: 0, max: ticksUntil2100(rate) }).map(tick);
const anyTime = fc.bigInt({ min: 0n, max: BigInt(secondsAt2100) * 10n ** 9n }).map(nanoseconds);

describe.each(standardRates.map((rate) => [formatRational(rate), rate] as const))("at %s", (_name, rate) => {
  const grid = new HouseGrid(rate, 48_000);

  test("time/tick-time-is-exact-for-a-century", () => {
    fc.assert(
      fc.property(anyTick(rate), (n) => {
        expect(grid.tickTime(n)).toBe(reference.tickTime(rate, n));
      }),
      { numRuns: 500 },
    );
  });

  test("time/conversions-are-inverse-and-round-as-named", () => {
    fc.assert(
      fc.property(anyTick(rate), anyTime, (n, at) => {
        expect(grid.tickAtOrBefore(grid.tickTime(n))).toBe(n);
        expect(grid.tickAtOrAfter(grid.tickTime(n))).toBe(n);
        // One nanosecond to either side belongs to the neighbour that the name says.
        expect(grid.tickAtOrAfter(nanoseconds(grid.tickTime(n) + 1n))).toBe(n + 1);
        if (n > 0) expect(grid.tickAtOrBefore(nanoseconds(grid.tickTime(n) - 1n))).toBe(n - 1);

        const before = grid.tickAtOrBefore(at);
        expect(grid.tickTime(before) <= at && at < grid.tickTime(tick(before + 1))).toBe(true);
        const after = grid.tickAtOrAfter(at);
        expect(grid.tickTime(after) >= at).toBe(true);
        if (after > 0) expect(grid.tickTime(tick(after - 1)) < at).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test.each(sampleRates)("time/samples-are-exact-in-doubles-until-2100 at %i Hz", (sampleRate) => {
    const sounding = new HouseGrid(rate, sampleRate);
    const shares = new Set<number>();
    fc.assert(
      fc.property(anyTick(rate), (n) => {
        const s = sounding.sampleAt(n);
        expect(Number.isSafeInteger(s)).toBe(true);
        expect(BigInt(s)).toBe(reference.sampleAt(rate, sampleRate, n));
        shares.add(sounding.samplesIn(n));
        expect(sounding.tickOfSample(s)).toBe(n);
        expect(sounding.tickOfSample((sounding.sampleAt(tick(n + 1)) - 1) as SampleIndex)).toBe(n);
      }),
      { numRuns: 300 },
    );
    // A tick's share is one of the two whole numbers around the true one.
    const share = (rate.den * sampleRate) / rate.num;
    for (const samples of shares) expect([Math.floor(share), Math.ceil(share)]).toContain(samples);
  });

  test("time/samples-are-monotone-and-none-is-lost-over-a-whole-cycle", () => {
    // The shares repeat every `num` ticks, so one cycle is all there is; this one lies in this century.
    const first = tick(Math.floor(ticksUntil2100(rate) / 2));
    let s = grid.sampleAt(first);
    for (let i = 1; i <= rate.num; i++) {
      const next = grid.sampleAt(tick(first + i));
      if (next <= s) throw new Error(`tick ${first + i} carries no samples`);
      s = next;
    }
    expect(s - grid.sampleAt(first)).toBe(rate.den * 48_000);
  });

  test("time/lengths-round-down-on-both-sides-of-zero", () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000_000, max: 100_000_000 }), (ticks) => {
        const exact = BigInt(ticks) * BigInt(rate.den) * 10n ** 9n;
        const length = grid.length(ticks);
        expect(length * BigInt(rate.num) <= exact).toBe(true);
        expect((length + 1n) * BigInt(rate.num) > exact).toBe(true);
      }),
    );
  });
});

test("time/five-ticks-carry-8008-samples", () => {
  const grid = new HouseGrid(rational(30_000, 1_001), 48_000);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400_000_000_000 }), (n) => {
      expect(grid.sampleAt(tick(n + 5)) - grid.sampleAt(tick(n))).toBe(8008);
    }),
  );
  expect([0, 1, 2, 3, 4].map((n) => grid.samplesIn(tick(n)))).toEqual([1601, 1602, 1601, 1602, 1602]);
});

test("time/times-before-the-epoch-have-no-tick", () => {
  const grid = new HouseGrid(rational(25, 1), 48_000);
  expect(grid.tickAtOrAfter(nanoseconds(-5n))).toBe(0);
  expect(() => grid.tickAtOrBefore(nanoseconds(-1n))).toThrow(/before the epoch/);
  expect(grid.tickAtOrBefore(nanoseconds(0n))).toBe(0);
});

test.each([
  [{ num: 1, den: 2 }, 48_000],
  [{ num: 241, den: 1 }, 48_000],
  [{ num: 240_000, den: 1 }, 48_000],
  [{ num: 29.97, den: 1 }, 48_000],
  [{ num: 25, den: 1 }, 7_999],
  [{ num: 25, den: 1 }, 48_000.5],
])("time/a-grid-refuses-what-it-is-not-exact-for %o %d", (rate, sampleRate) => {
  expect(() => new HouseGrid(rate, sampleRate)).toThrow(/Invariant broken/);
});

test("lesson/02-a-billion-ticks-at-30000-1001-without-error", () => {
  const grid = new HouseGrid(rational(30_000, 1_001), 48_000);
  const billion = 1_000_000_000 as Tick;
  // 10^9 · 1001 / 30000 s = 33 366 666 s and two thirds; times 48 000 that is a whole number of samples.
  expect(grid.tickTime(billion)).toBe(33_366_666_666_666_666n);
  expect(grid.sampleAt(billion)).toBe(1_601_600_000_000);
  // From there on as from zero: nothing has accumulated, whichever way one got there.
  for (let i = 0; i < 30_000; i += 7) {
    const n = tick(billion + i);
    if (grid.tickTime(n) !== reference.tickTime(grid.frameRate, n)) throw new Error(`tick ${n} has drifted`);
  }
  // The same place by a rounded period, as it was done elsewhere: off by hours and by minutes.
  expect(BigInt(1e9) * 33_000_000n - grid.tickTime(billion)).toBe(-366_666_666_666_666n);
  expect(BigInt(1e9) * 33_367_000n - grid.tickTime(billion)).toBe(333_333_333_334n);
});
