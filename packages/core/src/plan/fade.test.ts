import fc from "fast-check";
import { expect, test } from "vitest";
import { anyGrid, midnight, ms, ntsc, planOf, segmentOf } from "../../test/plan-examples.js";
import type { HouseGrid } from "../time/house-grid.js";
import { nanoseconds, tickAfter } from "../time/units.js";
import { createPlan } from "./create-plan.js";
import { fadeAlphaAt, soundTreatmentAt } from "./fade.js";
import type { SegmentPlace } from "./place.js";
import type { Segment } from "./plan.js";
import { Timeline } from "./timeline.js";

const placeOf = (grid: HouseGrid, how: Partial<Segment>): SegmentPlace =>
  new Timeline(createPlan(planOf([segmentOf(1, how)])), grid).at(
    grid.tickAtOrAfter(midnight),
  ) as SegmentPlace;

test("lesson/21-a-fade-in-is-exactly-black-at-its-first-tick", () => {
  fc.assert(
    fc.property(anyGrid, fc.integer({ min: 1, max: 10_000 }), (grid, fadeMs) => {
      const place = placeOf(grid, { fadeInNs: ms(fadeMs) });
      expect(fadeAlphaAt(place, place.first, grid)).toBe(0);
      expect(soundTreatmentAt(place, place.first, grid).rampFrom).toBe(0);
      expect(fadeAlphaAt(place, tickAfter(place.first, 1), grid)).toBeGreaterThan(0);
    }),
  );
});

test("plan/fades-are-linear-in-time-and-meet-from-tick-to-tick", () => {
  const place = placeOf(ntsc, { fadeInNs: ms(1001), fadeOutNs: ms(2002), gainDb: -3 });
  const at = (n: number) => fadeAlphaAt(place, tickAfter(place.first, n), ntsc);
  expect([0, 3, 15, 29, 30, 31].map(at).map((alpha) => Number(alpha.toFixed(9)))).toEqual([
    0,
    0.1,
    0.5,
    Number((29 / 30).toFixed(9)),
    1,
    1,
  ]);
  const length = place.end - place.first;
  expect([61, 60, 30, 6, 1, 0].map((left) => Number(at(length - left).toFixed(9)))).toEqual([
    1,
    1,
    0.5,
    0.1,
    Number((1 / 60).toFixed(9)),
    0,
  ]);
  for (let n = 0; n < length; n++) {
    const sound = soundTreatmentAt(place, tickAfter(place.first, n), ntsc);
    expect(sound).toEqual({ gainDb: -3, rampFrom: at(n), rampTo: at(n + 1) });
  }
});

test("plan/without-fades-nothing-is-touched", () => {
  const place = placeOf(ntsc, {});
  for (const n of [place.first, tickAfter(place.end, -1)]) {
    expect(fadeAlphaAt(place, n, ntsc)).toBe(1);
    expect(soundTreatmentAt(place, n, ntsc)).toEqual({ gainDb: 0, rampFrom: 1, rampTo: 1 });
  }
});

test("plan/fades-that-fill-a-segment-stay-between-black-and-full", () => {
  const place = placeOf(ntsc, { duration: ms(100), fadeInNs: ms(50), fadeOutNs: nanoseconds(50_000_000n) });
  for (let n = place.first; n < place.end; n = tickAfter(n, 1)) {
    const alpha = fadeAlphaAt(place, n, ntsc);
    expect(alpha >= 0 && alpha <= 1).toBe(true);
  }
  expect(soundTreatmentAt(place, tickAfter(place.end, -1), ntsc).rampTo).toBe(0);
});
