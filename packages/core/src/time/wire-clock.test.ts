import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aacFrameAtOrAfter, aacFrameAtOrBefore, aacFrameSamples } from "./aac-frames.js";
import { HouseGrid } from "./house-grid.js";
import { formatRational, rational } from "./rational.js";
import { standardRates } from "./standard-rates.js";
import { type SampleIndex, sampleIndex, tick } from "./units.js";
import { pcrModulus, pcrOfTick, ptsModulus, ptsOfSample, ptsOfTick, unwrap } from "./wire-clock.js";

const grids = standardRates.map((rate) => [formatRational(rate), new HouseGrid(rate, 48_000)] as const);
const yearsOfTicks = 400_000_000_000;

describe.each(grids)("at %s", (_name, grid) => {
  const { num, den } = grid.frameRate;

  test("time/pts-and-pcr-come-from-the-tick-alone", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: yearsOfTicks }), (n) => {
        const seconds = BigInt(n) * BigInt(den);
        expect(ptsOfTick(grid, tick(n))).toBe(((seconds * 90_000n) / BigInt(num)) % 2n ** 33n);
        expect(pcrOfTick(grid, tick(n))).toBe(((seconds * 27_000_000n) / BigInt(num)) % (2n ** 33n * 300n));
        // The two are one clock: the PCR's base is the PTS.
        expect(pcrOfTick(grid, tick(n)) / 300n).toBe(ptsOfTick(grid, tick(n)));
      }),
    );
  });

  test("time/pts-wraps-every-26.5-hours-and-unwraps-without-a-seam", () => {
    // The ticks around each of three successive wraps, late in this century.
    for (const wraps of [40_000n, 40_001n, 40_002n]) {
      const last = Number((wraps * ptsModulus * BigInt(num)) / (90_000n * BigInt(den)));
      let running = ptsOfTick(grid, tick(last - 50)) + (wraps - 1n) * ptsModulus;
      let runningPcr = pcrOfTick(grid, tick(last - 50)) + (wraps - 1n) * pcrModulus;
      let wrapped = 0;
      for (let n = last - 49; n <= last + 50; n++) {
        const pts = ptsOfTick(grid, tick(n));
        expect(pts).toBeLessThan(ptsModulus);
        if (pts < ptsOfTick(grid, tick(n - 1))) wrapped++;
        running = unwrap(pts, running, ptsModulus);
        runningPcr = unwrap(pcrOfTick(grid, tick(n)), runningPcr, pcrModulus);
        expect(running).toBe((BigInt(n) * BigInt(den) * 90_000n) / BigInt(num));
        expect(runningPcr / 300n).toBe(running);
      }
      expect(wrapped).toBe(1);
    }
    // 2^33 / 90 000 s is 26 h 30 min 44 s.
    expect(ptsModulus / 90_000n).toBe(26n * 3600n + 30n * 60n + 43n);
  });

  test("time/a-picture-and-its-first-sample-carry-one-time", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: yearsOfTicks }), (n) => {
        const picture = ptsOfTick(grid, tick(n));
        const sound = ptsOfSample(grid.sampleAt(tick(n)), grid.sampleRate);
        const apart = unwrap(picture, sound, ptsModulus) - sound;
        // A sample lasts 1.875 units; the tick begins within the sample that it carries first.
        expect(apart >= 0n && apart <= 2n).toBe(true);
      }),
    );
  });
});

test("time/unwrap-finds-the-nearest-running-value", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 60n }),
      fc.bigInt({ min: -(ptsModulus / 2n) + 1n, max: ptsModulus / 2n }),
      (near, step) => {
        const wrapped = (((near + step) % ptsModulus) + ptsModulus) % ptsModulus;
        expect(unwrap(wrapped, near, ptsModulus)).toBe(near + step);
      },
    ),
  );
  expect(unwrap(ptsModulus - 1n, 5n, ptsModulus)).toBe(-1n);
  expect(unwrap(ptsModulus / 2n, 0n, ptsModulus)).toBe(ptsModulus / 2n);
  expect(unwrap(3n, 7n * ptsModulus - 2n, ptsModulus)).toBe(7n * ptsModulus + 3n);
});

test("time/aac-frames-start-at-sample-indices-divisible-by-1024", () => {
  const anySample = fc.integer({ min: 0, max: 200_000_000_000_000 }).map(sampleIndex);
  fc.assert(
    fc.property(anySample, (s) => {
      const before = aacFrameAtOrBefore(s);
      const after = aacFrameAtOrAfter(s);
      expect(before % aacFrameSamples).toBe(0);
      expect(after % aacFrameSamples).toBe(0);
      expect(s - before).toBeGreaterThanOrEqual(0);
      expect(s - before).toBeLessThan(aacFrameSamples);
      expect(after - before).toBe(s === before ? 0 : aacFrameSamples);
    }),
  );
});

test("time/aac-pts-steps-are-exactly-1920-at-48-khz-across-the-wrap", () => {
  // Wherever an encoder is started, at whatever tick of whatever rate, it lands on the one line.
  const wrapSample = Number((41_000n * ptsModulus * 48_000n) / 90_000n);
  const steps = new Set<bigint>();
  let at = aacFrameAtOrBefore((wrapSample - 500 * aacFrameSamples) as SampleIndex);
  for (let i = 0; i < 1000; i++) {
    const next = (at + aacFrameSamples) as SampleIndex;
    const pts = ptsOfSample(at, 48_000);
    steps.add(unwrap(ptsOfSample(next, 48_000), pts, ptsModulus) - pts);
    expect(pts % 1920n).toBe(((BigInt(at / aacFrameSamples) * 1920n) % ptsModulus) % 1920n);
    at = next;
  }
  expect([...steps]).toEqual([1920n]);
});

test("time/aac-pts-at-44.1-khz-never-stray-from-the-samples", () => {
  // 1024 · 90000 / 44100 is no whole number: steps alternate, and the sum is still exact.
  const steps = new Map<bigint, number>();
  for (let frame = 0; frame < 441; frame++) {
    const from = sampleIndex(frame * aacFrameSamples);
    const step = ptsOfSample(sampleIndex((frame + 1) * aacFrameSamples), 44_100) - ptsOfSample(from, 44_100);
    steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  expect([...steps.keys()].sort()).toEqual([2089n, 2090n]);
  expect([...steps].reduce((sum, [step, count]) => sum + step * BigInt(count), 0n)).toBe(1024n * 900n);
});

test("time/a-restarted-encoder-continues-the-line", () => {
  const grid = new HouseGrid(rational(30_000, 1_001), 48_000);
  const restart = grid.tickAtOrBefore(grid.tickTime(tick(53_000_000_000)));
  expect(ptsOfTick(grid, tick(restart + 1)) - ptsOfTick(grid, restart)).toBe(3003n);
});
