import fc from "fast-check";
import { expect, test } from "vitest";
import {
  anyGrid,
  anyLinearPlan,
  anyLoop,
  idOf,
  midnight,
  ms,
  ntsc,
  planOf,
  segmentOf,
} from "../../test/plan-examples.js";
import type { HouseGrid } from "../time/house-grid.js";
import { mediaTime, nanoseconds, type Tick, tick, tickAfter } from "../time/units.js";
import { createPlan, type PlanDraft } from "./create-plan.js";
import { appendSegments, replacePlan, splicePlan } from "./edit.js";
import { forgetBefore } from "./forget.js";
import { mediaTimeAt } from "./join.js";
import { segmentStarts } from "./layout.js";
import type { Place, SegmentPlace } from "./place.js";
import type { Plan, Segment } from "./plan.js";
import { sameAiring, sameMedia, samePlan } from "./same.js";
import { Timeline } from "./timeline.js";

const anyPlan = fc.oneof(anyLinearPlan, anyLoop).map((plan) => createPlan(plan));
const anyShare = fc.double({ min: 0, max: 0.999, noNaN: true });

/** A tick somewhere in the plan's first rounds, picked by two shares. */
function tickIn(plan: Plan, grid: HouseGrid, which: number, where: number): Tick {
  const places = new Timeline(plan, grid).placesFrom(grid.tickAtOrAfter(plan.start), 25);
  const place = places[Math.floor(which * places.length)]!;
  const length = Math.min(place.end - place.first, 1_000_000);
  return tickAfter(place.first, Math.floor(where * length));
}

/** What a viewer and a log would see at a tick: which segment, begun when, and which media time. */
function seenAt(plan: Plan, grid: HouseGrid, n: Tick): string {
  const place = new Timeline(plan, grid).at(n);
  if (place.in !== "segment") return "void";
  return `${place.segment.asset?.uri} ${place.first} ${mediaTimeAt(place, n, grid)}`;
}

const onAirAt = (plan: Plan, grid: HouseGrid, n: Tick): SegmentPlace => {
  const place = new Timeline(plan, grid).at(n);
  expect(place.in).toBe("segment");
  return place as SegmentPlace;
};

const draftOf = (plan: Plan, how: Partial<PlanDraft>): PlanDraft => ({
  ...plan,
  revision: plan.revision + 1,
  start: undefined,
  ...how,
});

test("plan/replacing-keeps-the-place-of-what-is-on-air", () => {
  fc.assert(
    fc.property(anyGrid, anyPlan, anyShare, anyShare, fc.nat(3), (grid, plan, which, where, before) => {
      const now = tickIn(plan, grid, which, where);
      const place = new Timeline(plan, grid).at(now);
      fc.pre(place.in === "segment");
      // The new plan knows what is on air, has other things around it, and leaves its start to us.
      const others = Array.from({ length: before }, (_, i) => segmentOf(100 + i, { duration: ms(1_000) }));
      const startsAt = new Timeline(plan, grid).startTime(place as SegmentPlace);
      fc.pre(startsAt >= ms(1_000 * before));
      const segment = { ...(place as SegmentPlace).segment, start: undefined };
      const next = replacePlan(
        plan,
        draftOf(plan, { segments: [...others, segment, segmentOf(200)], end: "pad" }),
        now,
        grid,
      );
      const after = onAirAt(next, grid, now);
      expect(after.segment.id).toBe(segment.id);
      expect(after.first).toBe(place.first);
      // With nothing of another kind in front, media goes on to the nanosecond, even in the middle of a run.
      if (before === 0) {
        expect(sameAiring(place, after)).toBe(true);
        expect(seenAt(next, grid, now)).toBe(seenAt(plan, grid, now));
      }
      expect(new Timeline(next, grid).after(after)).toMatchObject({ segment: { id: idOf(200) } });
    }),
    { numRuns: 200 },
  );
});

test("plan/replacing-by-another-id-keeps-the-decoder-where-asset-and-in-point-are-the-same", () => {
  const current = createPlan(planOf([segmentOf(1), segmentOf(2, { inPoint: mediaTime(ms(40)) })]));
  const now = tickAfter(ntsc.tickAtOrAfter(midnight), 450);
  const renamed = { ...segmentOf(7, { inPoint: mediaTime(ms(40)) }), asset: { uri: "/media/2.mp4" } };
  const next = replacePlan(current, draftOf(current, { segments: [segmentOf(6), renamed] }), now, ntsc);
  const [was, is] = [onAirAt(current, ntsc, now), onAirAt(next, ntsc, now)];
  expect(is.segment.id).toBe(idOf(7));
  expect(sameMedia(was, is)).toBe(true);
  expect(sameAiring(was, is)).toBe(false);
});

test("plan/a-plan-with-times-of-its-own-is-not-shifted", () => {
  const current = createPlan(planOf([segmentOf(1), segmentOf(2)]));
  const now = tickAfter(ntsc.tickAtOrAfter(midnight), 100);
  const later = nanoseconds(midnight + ms(2_000));
  const byPlan = replacePlan(current, draftOf(current, { start: later }), now, ntsc);
  expect(byPlan.start).toBe(later);
  const bySegment = replacePlan(
    current,
    draftOf(current, { segments: [segmentOf(1, { start: later }), segmentOf(2)] }),
    now,
    ntsc,
  );
  expect(onAirAt(bySegment, ntsc, now).first).toBe(ntsc.tickAtOrAfter(later));
  // A first own start behind segments without: those before what is on air end where it begins.
  const inMiddle = replacePlan(
    current,
    draftOf(current, { segments: [segmentOf(9), segmentOf(1, { start: midnight })] }),
    now,
    ntsc,
  );
  expect(inMiddle.start).toBe(midnight - ms(10_000));
  expect(sameAiring(onAirAt(inMiddle, ntsc, now), onAirAt(current, ntsc, now))).toBe(true);
});

test("plan/an-unrelated-plan-takes-over-at-the-given-tick", () => {
  fc.assert(
    fc.property(anyGrid, anyPlan, anyShare, anyShare, (grid, plan, which, where) => {
      const now = tickIn(plan, grid, which, where);
      const next = replacePlan(plan, draftOf(plan, { segments: [segmentOf(300)], end: "loop" }), now, grid);
      expect(onAirAt(next, grid, now)).toMatchObject({ first: now, index: 0, round: 0 });
    }),
  );
});

test("plan/the-same-plan-again-changes-nothing", () => {
  fc.assert(
    fc.property(anyGrid, anyPlan, anyShare, anyShare, (grid, plan, which, where) => {
      fc.pre(plan.start > ms(10_000));
      const now = tickIn(plan, grid, which, where);
      // The same revision, whatever it holds; the same content under a later one; the same draft; a copy of it.
      expect(replacePlan(plan, { ...plan, segments: [segmentOf(9)] }, now, grid)).toBe(plan);
      expect(replacePlan(plan, { ...plan, revision: 9 }, now, grid)).toBe(plan);
      expect(replacePlan(plan, draftOf(plan, {}), now, grid)).toBe(plan);
      expect(replacePlan(plan, { ...structuredClone(plan), revision: 9 }, now, grid)).toBe(plan);
      expect(samePlan(plan, { ...structuredClone(plan), revision: 9 })).toBe(true);
      // What was anchored once is not moved by the same draft coming again later.
      const draft = draftOf(plan, { segments: [segmentOf(300), ...plan.segments.map(withoutStart)] });
      const anchored = replacePlan(plan, draft, now, grid);
      const again = replacePlan(anchored, { ...draft, revision: 9 }, tickAfter(now, 12_345), grid);
      expect(again).toBe(anchored);
    }),
    { numRuns: 200 },
  );
});

const withoutStart = (segment: Segment): Segment => ({ ...segment, start: undefined });

test("plan/an-older-revision-is-refused", () => {
  const current = createPlan(planOf([segmentOf(1)], { revision: 7 }));
  const older = { ...planOf([segmentOf(2)]), revision: 6 };
  expect(() => replacePlan(current, older, tick(1), ntsc)).toThrow(/Revision 6 is older than 7/);
});

test("plan/a-splice-cuts-on-its-tick-and-touches-nothing-before-it", () => {
  fc.assert(
    fc.property(anyGrid, anyPlan, anyShare, anyShare, anyShare, (grid, plan, which, where, ahead) => {
      const now = tickIn(plan, grid, which, where);
      const at = tickAfter(now, 1 + Math.floor(ahead * 400));
      fc.pre(grid.tickAtOrAfter(plan.start) <= now);
      const next = splicePlan(plan, at, [segmentOf(900), segmentOf(901)], now, grid);
      const [was, is] = [new Timeline(plan, grid), new Timeline(next, grid)];
      for (let n: Tick = now; n < at; n = tickAfter(was.at(n).end, 0)) {
        for (const probe of [n, Math.min(was.at(n).end, at) - 1] as Tick[]) {
          // The airing goes on as it was; only its end, and later ids of a loop, are new.
          expect(seenAt(next, grid, probe)).toBe(seenAt(plan, grid, probe));
          expect(is.at(probe).end <= at || is.at(probe).in !== "segment").toBe(true);
        }
      }
      expect(sameAiring(was.at(now), is.at(now))).toBe(true);
      const spliced = onAirAt(next, grid, at);
      expect(spliced).toMatchObject({ first: at, segment: { id: idOf(900), inPoint: 0n } });
      expect(is.after(spliced)).toMatchObject({ segment: { id: idOf(901) } });
      expect(new Set(next.segments.map(({ id }) => id)).size).toBe(next.segments.length);
      expect(next.end).toBe("pad");
      // The same splice once more changes nothing.
      expect(splicePlan(next, at, [segmentOf(900), segmentOf(901)], now, grid)).toBe(next);
    }),
    { numRuns: 300 },
  );
});

test("plan/a-splice-in-a-fade-out-still-ends-in-black-and-one-before-it-is-a-cut", () => {
  const faded = segmentOf(1, { fadeInNs: ms(1_000), fadeOutNs: ms(2_000) });
  const current = createPlan(planOf([faded]));
  const start = ntsc.tickAtOrAfter(midnight);
  const cutAfter = (ticks: number) =>
    splicePlan(current, tickAfter(start, ticks), [segmentOf(2)], start, ntsc).segments[0]!;
  expect(cutAfter(200).fadeOutNs).toBe(0n);
  expect(cutAfter(270).fadeOutNs).toBe(cutAfter(270).duration - ms(8_000));
  expect(cutAfter(10).fadeInNs).toBe(cutAfter(10).duration);
});

test("plan/a-loop-written-out-for-a-far-splice-is-bounded", () => {
  const current = createPlan(planOf([segmentOf(1, { duration: ms(50) })], { end: "loop" }));
  const start = ntsc.tickAtOrAfter(midnight);
  const nextDay = tickAfter(start, 2_589_410);
  expect(() => splicePlan(current, nextDay, [segmentOf(2)], start, ntsc)).toThrow(/Splice nearer/);
});

test("plan/appending-moves-nothing-and-forgets-only-what-is-past", () => {
  fc.assert(
    fc.property(
      anyGrid,
      anyLinearPlan,
      anyShare,
      anyShare,
      fc.boolean(),
      (grid, source, which, where, late) => {
        const plan = createPlan(source);
        const now = tickIn(plan, grid, which, where);
        const planEnds = segmentStarts(plan).at(-1)! + plan.segments.at(-1)!.duration;
        const startsAt = nanoseconds(planEnds + (late ? 0n : 2_000_000_000n));
        const block = [segmentOf(800, { start: startsAt }), segmentOf(801)];
        const next = appendSegments(plan, block, now, grid);
        const [was, is] = [new Timeline(plan, grid), new Timeline(next, grid)];
        for (const place of was.placesFrom(now, 100)) {
          if (place.in === "after") continue;
          const kept = is.at(tick(Math.max(place.first, now)));
          expect(sameAiring(place, kept)).toBe(true);
          expect(kept.end).toBe(place.end);
        }
        expect(onAirAt(next, grid, grid.tickAtOrAfter(startsAt)).first).toBe(grid.tickAtOrAfter(startsAt));
        expect(appendSegments(next, block, now, grid)).toBe(next);
        expect(next.revision).toBe(plan.revision + 1);
      },
    ),
    { numRuns: 200 },
  );
});

test("plan/a-plan-that-is-fed-for-ever-stays-small", () => {
  // A film that runs on over block boundaries, then adverts: the worst case, since a run must be remembered whole.
  let plan = createPlan(planOf([segmentOf(0, { asset: { uri: "/media/film.mp4" } })]));
  const start = ntsc.tickAtOrAfter(midnight);
  let largest = 0;
  for (let i = 1; i < 2_000; i++) {
    const now = ntsc.tickAtOrAfter(nanoseconds(midnight + ms(10_000 * i - 3_000)));
    const isFilm = i % 1_000 < 900;
    const block = segmentOf(i, {
      start: nanoseconds(midnight + ms(10_000 * i)),
      ...(isFilm ? { asset: { uri: "/media/film.mp4" }, inPoint: mediaTime(ms(10_000 * (i % 1_000))) } : {}),
    });
    plan = appendSegments(plan, [block], now, ntsc);
    largest = Math.max(largest, plan.segments.length);
    if (i === 899) {
      const place = onAirAt(plan, ntsc, now);
      expect(place.anchor).toEqual({ first: start, inPoint: 0n });
    }
  }
  expect(largest).toBeLessThanOrEqual(4);
});

test("plan/forgetting-changes-nothing-from-its-tick-on", () => {
  fc.assert(
    fc.property(anyGrid, anyPlan, anyShare, anyShare, (grid, plan, which, where) => {
      const now = tickIn(plan, grid, which, where);
      const kept = forgetBefore(plan, now, grid);
      const [was, is] = [new Timeline(plan, grid), new Timeline(kept, grid)];
      for (const place of was.placesFrom(now, 100)) {
        const n = tick(Math.max(place.first, now));
        expect(sameAiring(place, is.at(n))).toBe(true);
        expect(seenAt(kept, grid, n)).toBe(seenAt(plan, grid, n));
        expect(is.at(n).end).toBe(place.end);
      }
      expect(forgetBefore(kept, now, grid)).toBe(kept);
    }),
    { numRuns: 200 },
  );
});

test("plan/a-changed-end-is-the-same-airing-and-a-changed-treatment-is-not", () => {
  const placeOf = (how: Partial<Segment>): Place => {
    const plan = createPlan(planOf([segmentOf(1, how), segmentOf(2)]));
    return new Timeline(plan, ntsc).at(ntsc.tickAtOrAfter(midnight));
  };
  const place = placeOf({});
  expect(sameAiring(place, placeOf({ duration: ms(4_000), fadeOutNs: ms(500) }))).toBe(true);
  const others: Partial<Segment>[] = [
    { id: idOf(5) },
    { inPoint: mediaTime(1n) },
    { asset: { uri: "/media/other.mp4" } },
    { gainDb: -6 },
    { fadeInNs: ms(500) },
    { aspect: "crop" },
  ];
  for (const how of others) expect(sameAiring(place, placeOf(how))).toBe(false);
});

test("plan/a-segment-that-goes-on-with-its-asset-keeps-the-decoder-over-the-seam", () => {
  const asset = { uri: "/media/film.mp4" };
  const halves = (second: bigint) =>
    createPlan(planOf([segmentOf(1, { asset }), segmentOf(2, { asset, inPoint: mediaTime(second) })]));
  for (const [second, goesOn] of [
    [10_000_000_000n, true],
    [10_000_000_001n, false],
    [9_999_999_999n, false],
  ] as const) {
    const [one, two] = new Timeline(halves(second), ntsc).placesFrom(ntsc.tickAtOrAfter(midnight), 2);
    expect(sameMedia(one!, two!)).toBe(goesOn);
    expect(sameAiring(one!, two!)).toBe(false);
  }
});

test("plan/another-in-point-is-another-airing-even-within-a-run", () => {
  // Both second halves begin on the same tick and go on with the same run; only one was told to begin a nanosecond later.
  const asset = { uri: "/media/film.mp4" };
  const second = (off: bigint): Place => {
    const length = nanoseconds(10_000_000_000n + off);
    const rest = segmentOf(2, { asset, inPoint: mediaTime(length) });
    const plan = createPlan(planOf([segmentOf(1, { asset, duration: length }), rest]));
    return new Timeline(plan, ntsc).at(ntsc.tickAtOrAfter(nanoseconds(midnight + length)));
  };
  expect(second(1n).first).toBe(second(0n).first);
  expect(sameMedia(second(0n), second(1n))).toBe(true);
  expect(sameAiring(second(0n), second(1n))).toBe(false);
});

test("lesson/28-a-late-item-is-joined-where-it-would-be-by-now", () => {
  fc.assert(
    fc.property(anyGrid, fc.integer({ min: 0, max: 9_000 }), (grid, lateMs) => {
      // A splice whose tick has passed, and a block whose start has: both are entered at their offset.
      const taken = grid.tickAtOrAfter(nanoseconds(midnight + ms(3_000)));
      const now = grid.tickAtOrAfter(nanoseconds(grid.tickTime(taken) + ms(lateMs)));
      const item = segmentOf(5, { inPoint: mediaTime(ms(77)) });
      const running = createPlan(planOf([segmentOf(1, { duration: ms(60_000) })]));
      const ranOut = createPlan(planOf([segmentOf(1, { duration: ms(2_000) })]));
      const late = [
        splicePlan(running, taken, [item, segmentOf(6)], now, grid),
        appendSegments(ranOut, [{ ...item, start: grid.tickTime(taken) }, segmentOf(6)], now, grid),
      ];
      for (const plan of late) {
        const place = onAirAt(plan, grid, now);
        expect(place).toMatchObject({ first: taken, segment: { id: item.id, inPoint: item.inPoint } });
        expect(mediaTimeAt(place, now, grid)).toBe(item.inPoint + grid.length(now - taken));
        // And what follows begins when it would have.
        const following = new Timeline(plan, grid).after(place);
        expect(following?.first).toBe(grid.tickAtOrAfter(nanoseconds(grid.tickTime(taken) + ms(10_000))));
      }
    }),
  );
});
