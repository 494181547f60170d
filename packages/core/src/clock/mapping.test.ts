import fc from "fast-check";
import { expect, test } from "vitest";
import { type Nanoseconds, nanoseconds } from "../time/units.js";
import type { ClockMapping } from "./clock.js";
import { houseAt, monoAt } from "./mapping.js";

const anyNs = fc.bigInt({ min: 0n, max: 2n ** 62n }).map(nanoseconds);
const anyRate = fc.oneof(
  fc.integer({ min: -500_000, max: 500_000 }),
  fc.integer({ min: -999_999_999, max: 2_147_483_647 }),
);
const anyMapping = (rate: fc.Arbitrary<number>): fc.Arbitrary<ClockMapping> =>
  fc.record({ sequence: fc.nat(), monoAnchor: anyNs, houseAnchor: anyNs, ratePpb: rate });

test("clock/mono-at-is-the-first-instant-that-has-reached-a-time", () => {
  fc.assert(
    fc.property(anyMapping(anyRate), anyNs, (mapping, house) => {
      const mono = monoAt(mapping, house);
      if (mono === undefined) throw new Error("time does not stand still");
      expect(houseAt(mapping, mono) >= house).toBe(true);
      expect(houseAt(mapping, nanoseconds(mono - 1n)) < house).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test("clock/house-time-is-monotone-and-exact-against-fractions", () => {
  fc.assert(
    fc.property(
      anyMapping(anyRate),
      anyNs,
      fc.bigInt({ min: 0n, max: 10n ** 15n }),
      (mapping, mono, later) => {
        const house = houseAt(mapping, mono);
        expect(houseAt(mapping, nanoseconds(mono + later)) >= house).toBe(true);
        const exact = (mono - mapping.monoAnchor) * (1_000_000_000n + BigInt(mapping.ratePpb));
        const since = (house - mapping.houseAnchor) * 1_000_000_000n;
        expect(since <= exact && exact < since + 1_000_000_000n).toBe(true);
      },
    ),
  );
});

test("clock/a-second-runs-500-ppm-fast-or-slow", () => {
  const anchor = { sequence: 0, monoAnchor: nanoseconds(50n), houseAnchor: nanoseconds(1_000n) };
  const after = (ratePpb: number, ns: bigint) => houseAt({ ...anchor, ratePpb }, nanoseconds(50n + ns));
  expect(after(500_000, 1_000_000_000n)).toBe(1_000_501_000n);
  expect(after(-500_000, 1_000_000_000n)).toBe(999_501_000n);
  expect(after(0, -7n)).toBe(993n);
  // Rounded down before the anchor as after it, as C++ must do it as well.
  expect(after(-500_000, -1n)).toBe(999n);
  expect(after(500_000, -1n)).toBe(998n);
});

test("clock/nothing-overflows-128-bits", () => {
  const extreme: ClockMapping = {
    sequence: 0,
    monoAnchor: nanoseconds(-(2n ** 63n)),
    houseAnchor: nanoseconds(0n),
    ratePpb: 2_147_483_647,
  };
  const widest = (nanoseconds(2n ** 63n - 1n) - extreme.monoAnchor) * (1_000_000_000n + 2_147_483_647n);
  expect(widest < 2n ** 127n).toBe(true);
  expect(houseAt(extreme, (2n ** 63n - 1n) as Nanoseconds)).toBe(widest / 1_000_000_000n);
});

test("clock/where-time-stands-still-only-the-past-is-reached", () => {
  const still: ClockMapping = {
    sequence: 3,
    monoAnchor: nanoseconds(77n),
    houseAnchor: nanoseconds(1_000n),
    ratePpb: -1_000_000_000,
  };
  expect(houseAt(still, nanoseconds(10n ** 18n))).toBe(1_000n);
  expect(monoAt(still, nanoseconds(1_000n))).toBe(77n);
  expect(monoAt(still, nanoseconds(1_001n))).toBeUndefined();
});
