import fc from "fast-check";
import { expect, test } from "vitest";
import { anyGrid, midnight, ms, ntsc, planOf, segmentOf } from "../../test/plan-examples.js";
import { mediaTime, nanoseconds, tickAfter } from "../time/units.js";
import { createPlan, startPlan } from "./create-plan.js";
import { replacePlan, splicePlan } from "./edit.js";
import { elapsedAt, mediaTimeAt } from "./join.js";
import type { SegmentPlace } from "./place.js";
import { Timeline } from "./timeline.js";

test("lesson/30-joining-in-the-middle-offsets-once", () => {
  fc.assert(
    fc.property(anyGrid, fc.integer({ min: 0, max: 200_000 }), (grid, ticksIn) => {
      const inPoint = mediaTime(5_123_456_789n);
      const long = segmentOf(1, { inPoint, duration: nanoseconds(86_400_000_000_000n) });
      const taken = grid.tickAtOrAfter(midnight);
      const now = tickAfter(taken, ticksIn);
      const wanted = inPoint + grid.length(ticksIn);
      // Started, spliced or replaced late: the media time wanted now is in-point plus the time since the take, once,
      // and the plan's in-point is what the scheduler sent.
      const other = createPlan(planOf([segmentOf(9, { duration: ms(3_600_000) })]));
      const late = [
        startPlan(planOf([long]), now, grid),
        splicePlan(other, taken, [long], now, grid),
        replacePlan(other, { ...planOf([long]), revision: 2 }, now, grid),
      ];
      for (const plan of late) {
        const place = new Timeline(plan, grid).at(now) as SegmentPlace;
        expect(place.segment.inPoint).toBe(inPoint);
        expect(place.first).toBe(taken);
        expect(elapsedAt(place, now, grid)).toBe(grid.length(ticksIn));
        expect(mediaTimeAt(place, now, grid)).toBe(wanted);
      }
    }),
  );
});

test("lesson/09-being-late-is-an-index-offset-and-no-boundary-moves", () => {
  // The channel comes up 700 ms after the plan's start; then it is edited again and again for a day.
  const segments = Array.from({ length: 100 }, (_, i) => segmentOf(i, { duration: ms(864_000) }));
  const onTime = new Timeline(createPlan(planOf(segments)), ntsc);
  const firstTick = ntsc.tickAtOrAfter(midnight);
  const cameUp = ntsc.tickAtOrBefore(nanoseconds(midnight + ms(700)));
  let plan = startPlan(planOf(segments), cameUp, ntsc);
  expect(plan.start).toBe(midnight);
  const joined = new Timeline(plan, ntsc).at(cameUp) as SegmentPlace;
  expect(joined.first).toBe(firstTick);
  expect(mediaTimeAt(joined, cameUp, ntsc)).toBe(ntsc.length(cameUp - firstTick));
  for (let i = 0; i < 99; i++) {
    // Each edit comes somewhere inside a segment, and as a draft that leaves its start to the engine.
    const place = onTime.placesFrom(firstTick, 100)[i]!;
    const now = tickAfter(place.first, 1 + ((i * 7919) % (place.end - place.first - 1)));
    const louder = plan.segments.map((segment, at) =>
      at === 99 ? { ...segment, gainDb: -(i % 50) - 1 } : segment,
    );
    plan = replacePlan(
      plan,
      { ...plan, revision: plan.revision + 1, start: undefined, segments: louder },
      now,
      ntsc,
    );
    expect(plan.revision).toBe(i + 2);
  }
  const ticksOf = (timeline: Timeline) => timeline.placesFrom(firstTick, 101).map((place) => place.first);
  expect(ticksOf(new Timeline(plan, ntsc))).toEqual(ticksOf(onTime));
});
