import { describe, expect, test } from "vitest";
import { Random } from "../seams/random.ts";
import { percentile, slopeOf, verdictOf } from "./slope.ts";

const series = (perHour: number, noise: number, samples = 360) => {
  const random = new Random(7);
  return Array.from({ length: samples }, (_, index) => {
    const hours = index / 720;
    return { hours, value: 100 + perHour * hours + noise * (random.next() - 0.5) };
  });
};

describe("soak/slope", () => {
  test("soak/noise-is-flat-and-a-leak-in-it-is-not", () => {
    expect(verdictOf(slopeOf(series(0, 4)), 2)).toBe("flat");
    const leak = slopeOf(series(30, 20));
    expect(verdictOf(leak, 2)).toBe("grows");
    expect(leak?.low).toBeLessThan(30);
    expect(leak?.high).toBeGreaterThan(30);
    expect(leak?.perHour).toBeCloseTo(30, -1);
  });

  test("soak/what-noise-hides-is-not-called-flat", () => {
    expect(verdictOf(slopeOf(series(0, 200)), 2)).toBe("unclear");
    expect(verdictOf(slopeOf(series(4, 200)), 2)).toBe("unclear");
  });

  test("soak/one-outlier-and-one-step-back-do-not-move-the-slope", () => {
    const samples = series(0, 1).map((sample, index) =>
      index === 100 ? { ...sample, value: 9_999 } : sample,
    );
    expect(Math.abs(slopeOf(samples)?.perHour ?? 99)).toBeLessThan(1);
  });

  test("soak/what-is-too-short-says-so", () => {
    expect(slopeOf(series(30, 1, 12))).toBeUndefined();
    expect(verdictOf(undefined, 1)).toBe("too short");
  });

  test("soak/a-percentile-is-a-value-that-was-seen", () => {
    const values = Array.from({ length: 20 }, (_, index) => 20 - index);
    expect([percentile(values, 0.95), percentile(values, 1), percentile(values, 0)]).toEqual([19, 20, 1]);
    expect(percentile([], 0.95)).toBeNaN();
  });
});
