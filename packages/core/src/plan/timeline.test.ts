import fc from "fast-check";
import { expect, test } from "vitest";
import {
  anyGrid,
  anyLinearPlan,
  anyLoop,
  midnight,
  ms,
  ntsc,
  planOf,
  segmentOf,
} from "../../test/plan-examples.js";
import type { HouseGrid } from "../time/house-grid.js";
import { mediaTime, nanoseconds, type Tick, tick, tickAfter } from "../time/units.js";
import { createPlan } from "./create-plan.js";
import type { Place, SegmentPlace } from "./place.js";
import type { Plan } from "./plan.js";
import { Timeline } from "./timeline.js";

/** What the contract says, read off times one segment after another: its index and round, or void. */
function expectedAt(plan: Plan, grid: HouseGrid, n: number): string {
  let time = grid.tickTime(n as Tick) as bigint;
  let round = 0n;
  if (plan.end === "loop" && time >= plan.start) {
    const length = plan.segments.reduce((sum, { duration }) => sum + duration, 0n);
    round = (time - plan.start) / length;
    time -= round * length;
  }
  let cursor = plan.start as bigint;
  for (const [index, segment] of plan.segments.entries()) {
    const start = segment.start ?? cursor;
    if (time < start) return "void";
    if (time < start + segment.duration) return `${index}/${round}`;
    cursor = start + segment.duration;
  }
  return "void";
}

const nameOf = (place: Place): string => (place.in === "segment" ? `${place.index}/${place.round}` : "void");

/** Ticks around every boundary of the first rounds and some between. */
function ticksToTry(plan: Plan, grid: HouseGrid, rounds: bigint): number[] {
  const length = plan.segments.reduce((sum, { duration }) => sum + duration, 0n);
  const ticks = new Set<number>();
  for (const round of [0n, 1n, rounds]) {
    if (round > 0n && plan.end !== "loop") break;
    let cursor = plan.start + round * length;
    for (const { start, duration } of plan.segments) {
      const begin = start ?? cursor;
      cursor = begin + duration;
      for (const time of [begin, begin + duration / 3n, cursor]) {
        const near = grid.tickAtOrAfter(nanoseconds(time));
        for (const n of [near - 2, near - 1, near, near + 1]) if (n >= 0) ticks.add(n);
      }
    }
  }
  return [...ticks];
}

const anyPlan = fc.oneof(anyLinearPlan, anyLoop);
const anyRounds = fc.bigInt({ min: 2n, max: 100_000n });

test("plan/every-tick-airs-what-the-times-say", () => {
  fc.assert(
    fc.property(anyGrid, anyPlan, anyRounds, (grid, plan, rounds) => {
      const timeline = new Timeline(createPlan(plan), grid);
      for (const n of ticksToTry(plan, grid, rounds)) {
        const place = timeline.at(tick(n));
        expect(nameOf(place)).toBe(expectedAt(plan, grid, n));
        // First and end are tight: the place holds just these ticks.
        expect(place.first <= n && n < place.end).toBe(true);
        expect(expectedAt(plan, grid, place.first)).toBe(nameOf(place));
        if (place.first > 0) expect(expectedAt(plan, grid, place.first - 1)).not.toBe(nameOf(place));
        if (place.end === Number.MAX_SAFE_INTEGER) expect(nameOf(place)).toBe("void");
        else {
          expect(expectedAt(plan, grid, place.end - 1)).toBe(nameOf(place));
          expect(expectedAt(plan, grid, place.end)).not.toBe(nameOf(place));
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("plan/a-walk-along-the-places-leaves-out-no-tick-and-repeats-none", () => {
  fc.assert(
    fc.property(anyGrid, anyPlan, (grid, plan) => {
      const timeline = new Timeline(createPlan(plan), grid);
      const places = timeline.placesFrom(tick(0), 40);
      expect(places[0]?.first).toBe(0);
      // A void is named by what airs around it.
      for (const [i, { in: where }] of places.entries()) {
        if (where === "segment") continue;
        expect(where).toBe(i === places.length - 1 ? "after" : i === 0 ? "before" : "gap");
      }
      let place: Place | undefined = timeline.at(tick(0));
      for (const [i, listed] of places.entries()) {
        expect(listed.end).toBeGreaterThan(listed.first);
        if (i > 0) expect(listed.first).toBe(places[i - 1]?.end);
        // However it is asked for, the place is the same.
        expect(place).toEqual(listed);
        expect(new Timeline(plan, grid).at(tickAfter(listed.end, -1))).toEqual(listed);
        if (listed.in === "segment") {
          expect(grid.tickAtOrAfter(timeline.startTime(listed))).toBe(listed.first);
        }
        place = place && timeline.after(place);
      }
      if (plan.end === "loop") expect(places.length).toBe(40);
      else expect(place).toBeUndefined();
    }),
    { numRuns: 200 },
  );
});

test("plan/a-run-of-media-has-one-anchor-wherever-it-is-joined", () => {
  fc.assert(
    fc.property(anyGrid, anyPlan, anyRounds, (grid, plan, rounds) => {
      const timeline = new Timeline(createPlan(plan), grid);
      for (const n of ticksToTry(plan, grid, rounds)) {
        const place = timeline.at(tick(n));
        if (place.in !== "segment") continue;
        // Back along the list for as long as each goes on where the one before ends.
        let head = place.index;
        let began = timeline.startTime(place) as bigint;
        for (; head > 0; head--) {
          const [before, segment] = [plan.segments[head - 1]!, plan.segments[head]!];
          const beforeEnds = before.inPoint + before.duration;
          if (before.asset?.uri !== segment.asset?.uri || beforeEnds !== segment.inPoint) break;
          if (segment.start !== undefined) break;
          began -= before.duration;
        }
        expect(place.anchor).toEqual({
          first: grid.tickAtOrAfter(nanoseconds(began)),
          inPoint: plan.segments[head]!.inPoint,
        });
      }
    }),
    { numRuns: 200 },
  );
});

test("plan/a-gap-of-nothing-does-not-break-a-run", () => {
  const asset = { uri: "/media/film.mp4" };
  const plan = createPlan(
    planOf([
      segmentOf(1, { asset }),
      segmentOf(2, { asset, inPoint: mediaTime(ms(10_000)), start: nanoseconds(midnight + ms(10_000)) }),
      segmentOf(3, { asset, inPoint: mediaTime(ms(20_000)), start: nanoseconds(midnight + ms(20_001)) }),
    ]),
  );
  const [first, second, third] = new Timeline(plan, ntsc)
    .placesFrom(ntsc.tickAtOrAfter(midnight), 4)
    .filter((place): place is SegmentPlace => place.in === "segment");
  expect(second?.anchor).toEqual(first?.anchor);
  expect(third?.anchor.first).toBe(third?.first);
});

test("plan/an-airing-is-one-object-from-its-preparation-to-its-end", () => {
  const timeline = new Timeline(createPlan(planOf([segmentOf(1), segmentOf(2), segmentOf(3)])), ntsc);
  const first = timeline.at(ntsc.tickAtOrAfter(midnight));
  const prepared = timeline.after(first)!;
  expect(timeline.at(tickAfter(first.first, 7))).toBe(first);
  expect(timeline.after(first)).toBe(prepared);
  expect(timeline.at(prepared.first)).toBe(prepared);
  expect(timeline.at(tickAfter(prepared.end, -1))).toBe(prepared);
  expect(timeline.after(prepared)!.first).toBe(prepared.end);
});

test("plan/a-segment-shorter-than-a-tick-may-own-none", () => {
  const plan = createPlan(
    planOf([segmentOf(1), segmentOf(2, { duration: nanoseconds(1n) }), segmentOf(3), segmentOf(4)]),
  );
  const ids = new Timeline(plan, ntsc)
    .placesFrom(ntsc.tickAtOrAfter(midnight), 9)
    .map((place) => (place.in === "segment" ? place.index : place.in));
  expect(ids).toEqual([0, 2, 3, "after"]);
});

test("plan/thirty-seconds-are-899-or-900-ticks-by-grid-position", () => {
  const segments = Array.from({ length: 200 }, (_, i) => segmentOf(i, { duration: ms(30_000) }));
  const lengths = new Timeline(createPlan(planOf(segments)), ntsc)
    .placesFrom(ntsc.tickAtOrAfter(midnight), 200)
    .map((place) => place.end - place.first);
  expect(new Set(lengths)).toEqual(new Set([899, 900]));
  // 30 s are 899.1 ticks, and the sum never drifts from it.
  expect(Math.abs(lengths.reduce((sum, n) => sum + n, 0) - 200 * 899.1009)).toBeLessThan(1);
});

test("lesson/22-a-segment-ends-at-its-boundary-tick", () => {
  // Durations that fall a nanosecond short of, on, and past a tick: the last tick of each belongs to it, the next does not.
  for (const off of [-1n, 0n, 1n]) {
    const start = ntsc.tickAtOrAfter(midnight);
    const length = ntsc.tickTime(tickAfter(start, 300)) - midnight + off;
    const plan = createPlan(planOf([segmentOf(1, { duration: nanoseconds(length) }), segmentOf(2)]));
    const timeline = new Timeline(plan, ntsc);
    const last = off > 0n ? 300 : 299;
    const place = timeline.at(tickAfter(start, last)) as SegmentPlace;
    expect(place.index).toBe(0);
    expect(place.end).toBe(start + last + 1);
    expect((timeline.at(place.end) as SegmentPlace).index).toBe(1);
    expect(place.end).toBe(ntsc.tickAtOrAfter(nanoseconds(midnight + length)));
  }
});

test("lesson/25-boundaries-come-from-the-plan-alone", () => {
  // A day of half-hours at 29.97: each begins on the tick of its time, however long its media is said to be, since
  // nothing of the media is asked; and a whole day is off by no more than the rounding of its own boundary.
  const halfHour = 1_800_000;
  const segments = Array.from({ length: 48 }, (_, i) =>
    segmentOf(i, { duration: ms(halfHour), inPoint: mediaTime(ms(i * 85_000)) }),
  );
  const places = new Timeline(createPlan(planOf(segments)), ntsc).placesFrom(
    ntsc.tickAtOrAfter(midnight),
    48,
  );
  for (const [i, place] of places.entries()) {
    const time = nanoseconds(midnight + ms(i * halfHour));
    const late = ntsc.tickTime(place.first) - time;
    expect(late >= 0n && late < 33_366_667n).toBe(true);
  }
});
