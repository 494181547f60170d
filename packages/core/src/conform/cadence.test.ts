import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  constantRate,
  exactPicture,
  type GoldenRow,
  golden,
  periodTicks,
  roundings,
  type Source,
  timesOf,
} from "../../test/cadence-golden.js";
import { endOfMedia } from "../media/picture.js";
import { HouseGrid } from "../time/house-grid.js";
import { formatRational } from "../time/rational.js";
import { standardRates } from "../time/standard-rates.js";
import { type MediaTime, mediaTime, nanosecondsFromMs } from "../time/units.js";
import {
  airedPictures,
  cadenceStep,
  cadenceToleranceNs,
  latestTime,
  pictureFor,
  targetTime,
} from "./cadence.js";

const gridOf = (row: GoldenRow) => new HouseGrid(row.house, 48_000);
const pairs = golden.map((row) => [formatRational(row.source), formatRational(row.house), row] as const);
const countFor = (row: GoldenRow, ticks: number) => exactPicture(row.source, row.house, ticks) + 2;

/** Walks a source as a tick loop does, with one picture of look-ahead, from the picture `from` that aired first. */
function* walk(source: Source, grid: HouseGrid, ticks: number, from = 0): Generator<number> {
  const snappedIn = source.timeOf(from);
  let k = from;
  let next = k + 1 < source.count ? source.timeOf(k + 1) : endOfMedia;
  for (let n = 0; n < ticks; n++) {
    const target = targetTime(snappedIn, grid.length(n));
    while (cadenceStep(target, next) === "advance") {
      k++;
      next = k + 1 < source.count ? source.timeOf(k + 1) : endOfMedia;
    }
    yield k;
  }
}

describe.each(roundings)("$name", (rounding) => {
  test.each(pairs)("conform/golden-cadence %s on %s", (_source, _house, row) => {
    const ticks = row.pictures.length;
    const source = constantRate(row.source, countFor(row, ticks), rounding);
    expect(airedPictures(timesOf(source), mediaTime(0n), gridOf(row), 0, ticks)).toEqual(row.pictures);
    expect([...walk(source, gridOf(row), ticks)]).toEqual(row.pictures);
    // The table itself is what the rule says.
    expect(row.pictures.map((_, n) => exactPicture(row.source, row.house, n))).toEqual(row.pictures);
  });

  test.each(pairs.filter(([, , row]) => row.locked))(
    "conform/locked-pairs-hold-for-ever %s on %s",
    (_source, _house, row) => {
      // One whole period, begun at an arbitrary container time, is all that can happen.
      const ticks = periodTicks(row.source, row.house);
      const source = constantRate(row.source, countFor(row, ticks), rounding, 1_234_567_891n);
      let n = 0;
      for (const k of walk(source, gridOf(row), ticks)) {
        if (k !== exactPicture(row.source, row.house, n)) throw new Error(`tick ${n} shows picture ${k}`);
        n++;
      }
      expect(n).toBe(ticks);
    },
  );

  test.each(pairs.filter(([, , row]) => !row.locked))(
    "conform/sweeping-pairs-differ-at-the-edge-only %s on %s",
    (_source, _house, row) => {
      const grid = gridOf(row);
      const ticks = periodTicks(row.source, row.house);
      const source = constantRate(row.source, countFor(row, ticks), rounding);
      const exact = constantRate(row.source, countFor(row, ticks), roundings[0]!);
      const upsamples = row.source.num / row.source.den < row.house.num / row.house.den;
      let before = 0;
      let n = 0;
      for (const k of walk(source, grid, ticks)) {
        const wanted = exactPicture(row.source, row.house, n);
        if (k !== wanted) {
          // Rounding decides only where the true times leave it open, and then by one picture.
          const edge = exact.timeOf(Math.max(k, wanted)) - latestTime(mediaTime(grid.length(n)));
          expect(Math.abs(k - wanted)).toBe(1);
          expect(edge >= -rounding.errorNs - 1n && edge <= rounding.errorNs + 1n).toBe(true);
        }
        if (upsamples && k - before > 1) throw new Error(`picture ${before + 1} was lost at tick ${n}`);
        before = k;
        n++;
      }
    },
  );

  test("conform/in-points-and-joins-change-nothing", () => {
    // From any in-point that the plan may name (whole ms), joined at any tick: as if played from the start.
    fc.assert(
      fc.property(
        fc.constantFrom(...golden),
        fc.integer({ min: 0, max: 4_000 }),
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 0, max: 2_000_000_000 }),
        (row, inPointMs, join, startNs) => {
          const grid = gridOf(row);
          const times = timesOf(constantRate(row.source, 1_500, rounding, BigInt(startNs)));
          const inPoint = mediaTime(nanosecondsFromMs(inPointMs));
          const whole = airedPictures(times, inPoint, grid, 0, join + 20);
          expect(airedPictures(times, inPoint, grid, join, join + 20)).toEqual(whole.slice(join));
          const first = pictureFor(times, inPoint);
          expect(whole[0]).toBe(first);
          const source = { count: times.length, timeOf: (k: number) => times[k]! };
          expect([...walk(source, grid, join + 20, first)]).toEqual(whole);
          if (row.locked) {
            expect(whole.map((k) => k - first)).toEqual(
              whole.map((_, n) => exactPicture(row.source, row.house, n)),
            );
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

test("conform/an-in-point-selects-the-picture-on-screen", () => {
  const times = [0n, 40n, 80n, 120n].map((ms) => mediaTime(ms * 1_000_000n));
  const selected = (ms: number) => pictureFor(times, mediaTime(BigInt(Math.round(ms * 1e6))));
  expect([0, 37, 37.999, 38, 40, 77, 78, 1e6].map(selected)).toEqual([0, 0, 0, 1, 1, 1, 2, 3]);
  // Material whose first picture comes after the in-point: that one, and its time is where the segment starts.
  expect(pictureFor([mediaTime(500_000_000n)], mediaTime(0n))).toBe(0);
  expect(pictureFor([], mediaTime(0n))).toBe(-1);
  expect(airedPictures([], mediaTime(0n), new HouseGrid(standardRates[2]!, 48_000), 0, 5)).toEqual([]);
});

test("conform/the-last-picture-is-kept-at-the-end", () => {
  expect(cadenceStep(mediaTime(10n ** 15n), endOfMedia)).toBe("keep");
  const short = constantRate(standardRates[2]!, 3, roundings[0]!);
  expect([...walk(short, new HouseGrid(standardRates[2]!, 48_000), 6)]).toEqual([0, 1, 2, 2, 2, 2]);
});

test("conform/step-by-step-is-the-list-for-any-material", () => {
  // Any presentation order: long and short pictures, equal times, gaps.
  const gaps = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300_000_000 })), {
    minLength: 1,
    maxLength: 200,
  });
  fc.assert(
    fc.property(gaps, fc.constantFrom(...standardRates), fc.nat(3_000), (steps, house, inPointMs) => {
      const times = [mediaTime(0n)];
      for (const step of steps) times.push(mediaTime(times.at(-1)! + BigInt(step)));
      const grid = new HouseGrid(house, 48_000);
      const inPoint = mediaTime(nanosecondsFromMs(inPointMs));
      const source = { count: times.length, timeOf: (k: number) => times[k]! };
      const first = pictureFor(times, inPoint);
      const listed = airedPictures(times, inPoint, grid, 0, 150);
      expect([...walk(source, grid, 150, first)]).toEqual(listed);
      // By definition, with a search that is too simple to be wrong.
      for (const [n, k] of listed.entries()) {
        const latest = times[first]! + grid.length(n) + 2_000_000n;
        expect(k).toBe(times.findLastIndex((time) => time <= latest));
      }
    }),
  );
});

describe("conform/two-milliseconds-are-right", () => {
  type Rule = (times: readonly MediaTime[], target: MediaTime) => number;
  const within =
    (toleranceNs: bigint): Rule =>
    (times, target) =>
      pictureFor(times, mediaTime(target - cadenceToleranceNs + toleranceNs));
  const nearest: Rule = (times, target) => {
    const before = within(0n)(times, target);
    const after = Math.min(before + 1, times.length - 1);
    return times[after]! - target < target - times[before]! ? after : before;
  };

  /** Pairs for which a rule, from some in-point, airs other pictures than the exact law; the locked ones of the tables. */
  function wrongPairs(rule: Rule, rounding: (typeof roundings)[number]): string[] {
    return golden
      .filter((row) => row.locked)
      .filter((row) => {
        const grid = gridOf(row);
        const times = timesOf(constantRate(row.source, 400, rounding));
        return Array.from({ length: 40 }, (_, first) => first).some((first) =>
          Array.from({ length: 60 }, (_, n) => n).some((n) => {
            const aired = rule(times, targetTime(times[first]!, grid.length(n)));
            return aired - first !== exactPicture(row.source, row.house, n);
          }),
        );
      })
      .map((row) => `${formatRational(row.source)} on ${formatRational(row.house)}`);
  }

  test.each(roundings)("with times $name", (rounding) => {
    expect(wrongPairs(pictureFor, rounding)).toEqual([]);
    // The mutants: without tolerance same-rate material stutters, and with too much films run early.
    expect(wrongPairs(within(0n), rounding)).toContain("24000/1001 on 24000/1001");
    expect(wrongPairs(within(9_000_000n), rounding)).toContain("24000/1001 on 30000/1001");
    expect(wrongPairs(nearest, rounding)).toContain("24000/1001 on 30000/1001");
  });

  test("less than a rounding step is too little", () => {
    expect(roundings.flatMap((rounding) => wrongPairs(within(500_000n), rounding))).not.toEqual([]);
    expect(roundings.flatMap((rounding) => wrongPairs(within(1_000_001n), rounding))).toEqual([]);
  });
});
