import { describe, expect, test } from "vitest";
import { Random } from "../seams/random.ts";
import type { EngineSample } from "./process-samples.ts";
import { verdictsOf } from "./series.ts";

const workers = 4;
const segmentsPerHour = 4_200;

/** Half an hour, looked at each second: workers with three decoders open that come and go, and garbage that is given back each ten seconds. */
function soaked(leakPerSegmentKb: number): EngineSample[] {
  const random = new Random(11);
  const open = Array.from({ length: workers }, () => [20, 20, 20]);
  return Array.from({ length: 1_800 }, (_, second) => ({
    hours: second / 3_600,
    processes: open.map((decoders, worker) => {
      decoders[second % 3] = 8 + 32 * random.next();
      const inUse = 90 + decoders.reduce((sum, one) => sum + one, 0);
      const garbage = 5 * ((second + 3 * worker) % 10) * random.next();
      const leaked = (leakPerSegmentKb / 1_000) * segmentsPerHour * (second / 3_600);
      return {
        pid: 100 + worker,
        role: "worker" as const,
        ownBytes: 1e6 * (inUse + garbage + leaked),
        threads: 23,
        descriptors: 27,
      };
    }),
    busObjects: 28,
    busBytes: 7e8,
  }));
}

const verdictOf = (samples: readonly EngineSample[], name: string) =>
  verdictsOf(samples).find((one) => one.name.startsWith(name))?.verdict;

describe("soak/series", () => {
  test("soak/decoders-that-come-and-go-are-flat", () => {
    expect(verdictOf(soaked(0), "memory of a worker")).toBe("flat");
    expect(verdictOf(soaked(0), "threads of worker 1")).toBe("flat");
  });

  test("soak/eight-kilobytes-a-segment-grow", () => {
    expect(verdictOf(soaked(8), "memory of a worker")).toBe("grows");
    expect(verdictOf(soaked(2), "memory of a worker")).not.toBe("grows");
  });

  test("soak/what-is-shorter-than-twelve-minutes-after-its-beginning-is-not-judged", () => {
    expect(verdictOf(soaked(8).slice(0, 900), "memory of a worker")).toBe("too short");
  });
});
