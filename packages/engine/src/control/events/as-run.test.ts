import {
  createPlan,
  HouseGrid,
  mediaTime,
  nanoseconds,
  type Plan,
  PlayoutError,
  rational,
  type Segment,
  type Tick,
  Timeline,
} from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { AsRun, type AsRunListener } from "./as-run.js";

const grid = new HouseGrid(rational(25, 1), 48_000);
const second = 1_000_000_000n;
const start = 1_000n * second;
const first = grid.tickAtOrAfter(nanoseconds(start));

const segment = (n: number, seconds: number, more: Partial<Segment> = {}): Segment => ({
  id: String(n).padStart(32, "0"),
  kind: "content",
  asset: { uri: `test://${n}` },
  inPoint: mediaTime(0n),
  duration: nanoseconds(BigInt(seconds) * second),
  start: undefined,
  gainDb: 0,
  fadeInNs: nanoseconds(0n),
  fadeOutNs: nanoseconds(0n),
  aspect: undefined,
  labels: {},
  ...more,
});
const plan = (revision: number, segments: readonly Segment[], end: Plan["end"] = "pad"): Plan =>
  createPlan({ revision, start: nanoseconds(start), segments, end });

function following(begin: Plan, from: Tick = first) {
  const lines: string[] = [];
  const name = (id: string) => Number(id);
  const listener: AsRunListener = {
    began: ({ place, tick }) => lines.push(`+${name(place.segment.id)}@${tick - first}`),
    ended: ({ place, from: begun, end, outcome, standIns, failure }) =>
      lines.push(
        [
          `-${name(place.segment.id)}@${begun - first}..${end - first}`,
          outcome,
          ...standIns.map(({ kind, reason, ticks }) => `${kind}/${reason}:${ticks}`),
          ...(failure ? [failure.code] : []),
        ].join(" "),
      ),
  };
  const asRun = new AsRun(new Timeline(begin, grid), from, listener);
  const at = (n: number) => (first + n) as Tick;
  return { asRun, lines, at, timeline: (next: Plan) => new Timeline(next, grid) };
}

describe("as-run", () => {
  test("as-run/each-segment-begins-and-ends-on-its-ticks-once", () => {
    const { asRun, lines, at } = following(plan(1, [segment(1, 2), segment(2, 1)]));
    for (let n = 0; n <= 80; n += 3) asRun.advance(at(n));
    expect(lines).toEqual(["+1@0", "-1@0..50 completed", "+2@50", "-2@50..75 completed"]);
    asRun.stop(at(90));
    expect(lines).toHaveLength(4);
  });

  test.each([1, 2, 7, 25])("as-run/a-look-at-the-very-last-tick-makes-no-difference (every %i)", (every) => {
    const { asRun, lines, at } = following(plan(1, [segment(1, 2), segment(2, 1)]));
    for (let n = every - 1; n < 75; n += every) asRun.advance(at(n));
    asRun.stop(at(75));
    expect(lines).toEqual(["+1@0", "-1@0..50 completed", "+2@50", "-2@50..75 completed"]);
  });

  test("as-run/a-leap-tells-everything-in-between", () => {
    const { asRun, lines, at } = following(plan(1, [segment(1, 1), segment(2, 1)], "loop"));
    asRun.advance(at(130));
    expect(lines).toEqual([
      "+1@0",
      "-1@0..25 completed",
      "+2@25",
      "-2@25..50 completed",
      "+1@50",
      "-1@50..75 completed",
      "+2@75",
      "-2@75..100 completed",
      "+1@100",
      "-1@100..125 completed",
      "+2@125",
    ]);
    asRun.stop(at(131));
    expect(lines.at(-1)).toBe("-2@125..131 stopped");
  });

  test("as-run/what-is-unchanged-in-a-new-plan-goes-on-and-what-is-not-is-replaced", () => {
    const { asRun, lines, at, timeline } = following(plan(1, [segment(1, 4), segment(2, 4)]));
    asRun.advance(at(10));
    asRun.planned(timeline(plan(2, [segment(1, 2), segment(3, 4)])), at(20));
    asRun.advance(at(60));
    asRun.planned(timeline(plan(3, [segment(4, 10)])), at(70));
    asRun.advance(at(75));
    expect(lines).toEqual(["+1@0", "-1@0..50 completed", "+3@50", "-3@50..70 replaced", "+4@70"]);
  });

  test("as-run/an-edit-that-comes-before-the-one-before-takes-its-place", () => {
    const { asRun, lines, at, timeline } = following(plan(1, [segment(1, 4)]));
    asRun.planned(timeline(plan(2, [segment(2, 4)])), at(50));
    asRun.planned(timeline(plan(3, [segment(3, 4)])), at(40));
    asRun.advance(at(60));
    expect(lines).toEqual(["+1@0", "-1@0..40 replaced", "+3@40"]);
  });

  test("as-run/stand-ins-are-counted-within-their-segment-by-kind-and-reason", () => {
    const { asRun, lines, at } = following(plan(1, [segment(1, 2), segment(2, 2)]));
    asRun.standInBegan(at(40), "hold", "decodeFailed");
    asRun.advance(at(41));
    asRun.failed("test://1", new PlayoutError("MediaCorrupt", "Broken."));
    asRun.failed("test://2", new PlayoutError("MediaNotFound", "Gone."));
    asRun.standInBegan(at(45), "slate", "decodeFailed");
    asRun.standInEnded(at(53));
    asRun.advance(at(120));
    expect(lines).toEqual([
      "+1@0",
      "-1@0..50 completed hold/decodeFailed:5 slate/decodeFailed:5 MediaCorrupt",
      "+2@50",
      "-2@50..100 completed slate/decodeFailed:3 MediaNotFound",
    ]);
  });

  test("as-run/stand-ins-that-are-told-late-count-for-what-is-on-air-from-its-first-tick", () => {
    const { asRun, lines, at } = following(plan(1, [segment(1, 2), segment(2, 2)]));
    asRun.advance(at(20));
    // The engine was held up: house time has been looked at before the committer was heard.
    asRun.standInBegan(at(5), "hold", "late");
    asRun.standInEnded(at(8));
    asRun.advance(at(40));
    asRun.standInBegan(at(30), "hold", "late");
    asRun.advance(at(41));
    asRun.standInEnded(at(36));
    asRun.standInBegan(at(45), "hold", "late");
    asRun.standInEnded(at(46));
    asRun.advance(at(60));
    // What was told of too late for its segment is none of the next one's.
    asRun.standInBegan(at(47), "slate", "hung");
    asRun.standInEnded(at(52));
    asRun.advance(at(120));
    expect(lines).toEqual([
      "+1@0",
      "-1@0..50 completed hold/late:10",
      "+2@50",
      "-2@50..100 completed slate/hung:2",
    ]);
  });

  test("as-run/an-airing-of-a-day-with-a-decoder-that-flaps-is-told-to-the-tick", () => {
    const { asRun, lines, at } = following(plan(1, [segment(1, 86_400)]));
    let held = 0;
    for (let n = 0; n < 100_000; n++) {
      asRun.standInBegan(at(20 * n + 15), "hold", "decodeFailed");
      asRun.standInBegan(at(20 * n + 17), "slate", "decodeFailed");
      asRun.standInEnded(at(20 * n + 20));
      // As each event that is told to clients does.
      if (asRun.at(at(20 * n + 16))?.standIn?.kind === "hold") held += 1;
      asRun.advance(at(20 * n + 7));
    }
    expect(held).toBe(100_000);
    asRun.stop(at(2_000_000));
    expect(lines).toEqual([
      "+1@0",
      "-1@0..2000000 stopped hold/decodeFailed:200000 slate/decodeFailed:300000",
    ]);
  });

  test("as-run/what-failed-before-it-aired-is-told-where-it-cost-something", () => {
    const gone = new PlayoutError("MediaNotFound", "Gone.");
    const { asRun, lines, at } = following(plan(1, [segment(1, 2), segment(2, 2), segment(3, 2)]));
    // Both fail while they are prepared; the third is there when its time comes, and is held up by something else.
    asRun.failed("test://2", gone);
    asRun.failed("test://3", gone);
    asRun.standInBegan(at(50), "slate", "openFailed");
    asRun.standInEnded(at(60));
    asRun.standInBegan(at(110), "hold", "workerLost");
    asRun.standInEnded(at(113));
    asRun.advance(at(160));
    expect(lines).toEqual([
      "+1@0",
      "-1@0..50 completed",
      "+2@50",
      "-2@50..100 completed slate/openFailed:10 MediaNotFound",
      "+3@100",
      "-3@100..150 completed hold/workerLost:3",
    ]);
  });

  test("as-run/a-late-join-is-late-and-knows-its-place", () => {
    const { asRun, lines, at } = following(plan(1, [segment(1, 4)]), (first + 30) as Tick);
    expect(asRun.nextTick()).toBe(at(30));
    asRun.advance(at(30));
    expect(lines).toEqual(["+1@30"]);
    expect(asRun.nextTick()).toBe(at(100));
    asRun.standInBegan(at(35), "slate", "opening");
    expect(asRun.at(at(36))).toMatchObject({ revision: 1, standIn: { kind: "slate", reason: "opening" } });
    asRun.standInEnded(at(40));
    expect(asRun.at(at(41))?.standIn).toBeUndefined();
  });
});
