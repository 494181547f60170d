import { expect, test } from "vitest";
import { idOf, midnight, ms, planOf, segmentOf } from "../../test/plan-examples.js";
import { noSegmentId } from "../bus/frame-meta.js";
import { PlayoutError } from "../errors/playout-error.js";
import { mediaTime, nanoseconds } from "../time/units.js";
import { createPlan } from "./create-plan.js";
import { formatFault } from "./invalid-plan.js";
import type { Plan, Segment } from "./plan.js";
import { planBounds, validatePlan } from "./validate.js";

const good = [segmentOf(0), segmentOf(1), segmentOf(2)];
const second = (how: Partial<Segment>) => planOf([segmentOf(0), segmentOf(1, how), segmentOf(2)]);
const labelsOf = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`label-${i}`, "x"]));

/** One mistake each: the plan, and the fault that it must give and no other. */
const mistakes: [name: string, plan: Plan, path: string, problem: string, found: string][] = [
  ["revision 0", planOf(good, { revision: 0 }), "revision", "not a positive", "0"],
  ["half a revision", planOf(good, { revision: 1.5 }), "revision", "not a positive", "1.5"],
  ["before the epoch", planOf(good, { start: ms(-30_000) }), "start", "before the epoch", "-30000 ms"],
  ["unknown end", planOf(good, { end: "stop" as "pad" }), "end", "unknown end", '"stop"'],
  ["no segments", planOf([]), "segments", "empty", "none"],
  [
    "too many segments",
    planOf(Array.from({ length: 20_001 }, (_, i) => segmentOf(i))),
    "segments",
    "too many",
    "20001",
  ],
  [
    "id with dashes",
    second({ id: "7cb0fdfa-0000-4000-8000-000000000000" }),
    "segments[1].id",
    "malformed",
    "-",
  ],
  ["id in upper case", second({ id: idOf(1).toUpperCase() }), "segments[1].id", "malformed", "F000"],
  ["id of no segment", second({ id: noSegmentId }), "segments[1].id", "reserved", "0000"],
  ["same id twice", second({ id: idOf(0) }), "segments[1].id", "duplicate", "segments[0]"],
  ["unknown kind", second({ kind: "advert" as "filler" }), "segments[1].kind", "unknown kind", '"advert"'],
  ["pad with asset", second({ kind: "pad" }), "segments[1].asset", "pad has an asset", "/media/1.mp4"],
  ["content without asset", second({ asset: undefined }), "segments[1].asset", "no asset", "none"],
  ["empty uri", second({ asset: { uri: "" } }), "segments[1].asset.uri", "empty uri", '""'],
  ["long uri", second({ asset: { uri: "x".repeat(4_097) } }), "segments[1].asset.uri", "too long", "4097"],
  ["NUL in uri", second({ asset: { uri: "/a\0b" } }), "segments[1].asset.uri", "NUL", "\\u0000"],
  [
    "long title",
    second({ asset: { uri: "/a", title: "x".repeat(257) } }),
    "segments[1].asset.title",
    "too long",
    "257",
  ],
  ["negative in-point", second({ inPoint: mediaTime(-1n) }), "segments[1].inPoint", "negative", "-1 ns"],
  [
    "in-point beyond time",
    second({ inPoint: mediaTime(2n ** 63n) }),
    "segments[1].inPoint",
    "too late",
    "9223372036854775808",
  ],
  ["no duration", second({ duration: ms(0) }), "segments[1].duration", "no duration", "0 ms"],
  ["negative duration", second({ duration: ms(-5) }), "segments[1].duration", "no duration", "-5 ms"],
  [
    "duration in the wrong unit",
    second({ duration: nanoseconds(8n * 10n ** 18n) }),
    "segments[1].duration",
    "ends too late",
    "ns since the epoch",
  ],
  [
    "overlap",
    second({ start: nanoseconds(midnight + 8_500_000_000n) }),
    "segments[1].start",
    "overlaps",
    "1500 ms before segments[0] ends",
  ],
  [
    "starts that go back",
    second({ start: nanoseconds(midnight - 1n) }),
    "segments[1].start",
    "go back",
    "1 ns before segments[0] starts",
  ],
  ["gain not a number", second({ gainDb: Number.NaN }), "segments[1].gainDb", "out of range", "NaN"],
  ["gain too low", second({ gainDb: -60.1 }), "segments[1].gainDb", "out of range", "-60.1"],
  ["gain too high", second({ gainDb: 24.5 }), "segments[1].gainDb", "out of range", "24.5"],
  ["negative fade", second({ fadeInNs: ms(-1) }), "segments[1].fadeInNs", "negative fade", "-1 ms"],
  ["negative fade-out", second({ fadeOutNs: ms(-1) }), "segments[1].fadeOutNs", "negative fade", "-1 ms"],
  [
    "fades that overlap",
    second({ fadeInNs: ms(6_000), fadeOutNs: ms(4_001) }),
    "segments[1].fadeOutNs",
    "longer than the segment",
    "10001 ms",
  ],
  ["long fade", second({ fadeInNs: ms(10_001) }), "segments[1].fadeInNs", "longer than", "10001 ms"],
  ["unknown aspect", second({ aspect: "zoom" as "crop" }), "segments[1].aspect", "unknown aspect", '"zoom"'],
  ["too many labels", second({ labels: labelsOf(17) }), "segments[1].labels", "too many labels", "17"],
  ["unnamed label", second({ labels: { "": "x" } }), 'segments[1].labels[""]', "length of a label", "0"],
  [
    "long label",
    second({ labels: { note: "x".repeat(1_025) } }),
    'segments[1].labels["note"]',
    "label too long",
    "1025",
  ],
  [
    "loop with a start",
    planOf([segmentOf(0), segmentOf(1, { start: nanoseconds(midnight + ms(10_000)) })], { end: "loop" }),
    "segments[1].start",
    "in a loop",
    " ms",
  ],
  [
    "loop within a tick",
    planOf([segmentOf(0, { duration: ms(20) }), segmentOf(1, { duration: ms(21) })], { end: "loop" }),
    "segments",
    "shorter than a tick",
    "41 ms",
  ],
  [
    "loop of a season",
    planOf([segmentOf(0, { duration: ms(30n * 86_400_000n) }), segmentOf(1, { duration: ms(1) })], {
      end: "loop",
    }),
    "segments",
    "longer than 30 days",
    "2592000001 ms",
  ],
];

test.each(mistakes)("plan/a-mistake-is-named-with-its-place: %s", (_name, plan, path, problem, found) => {
  const faults = validatePlan(plan);
  expect(faults.map((fault) => fault.path)).toEqual([path]);
  expect(faults[0]?.problem).toContain(problem);
  expect(faults[0]?.found).toContain(found);
  for (const words of [faults[0]?.expected, faults[0]?.remedy]) expect(words).not.toBe("");
});

test("plan/what-is-just-allowed-is-allowed", () => {
  const start = nanoseconds(midnight + ms(10_000));
  const edge = segmentOf(1, {
    asset: { uri: "x".repeat(4_096), title: "x".repeat(256) },
    gainDb: -60,
    fadeInNs: ms(6_000),
    fadeOutNs: ms(4_000),
    start,
    labels: { ...labelsOf(15), note: "x".repeat(1_024) },
  });
  const pad = segmentOf(2, { kind: "pad", asset: undefined, gainDb: 24 });
  expect(validatePlan(planOf([segmentOf(0), edge, pad]))).toEqual([]);
  const month = [segmentOf(0, { duration: ms(30n * 86_400_000n) })];
  expect(validatePlan(planOf(month, { end: "loop", start: nanoseconds(0n) }))).toEqual([]);
  const tickLong = [segmentOf(0, { duration: nanoseconds(41_708_334n) })];
  expect(validatePlan(planOf(tickLong, { end: "loop" }))).toEqual([]);
  expect(validatePlan(planOf(Array.from({ length: 20_000 }, (_, i) => segmentOf(i))))).toEqual([]);
});

test("plan/all-faults-are-listed-and-none-hides-another", () => {
  const plans = mistakes
    .filter(([name, { segments }]) => segments.length === 3 && name !== "duration in the wrong unit")
    .filter(([, , path]) => path.startsWith("segments[1]"))
    .map(([, { segments }, path]) => ({ wrong: segments[1]!, path }));
  // Each mistake in a segment of its own, all in one plan; times are spread so that own starts stay wrong alike.
  const all = plans.filter(({ wrong }) => wrong.start === undefined && wrong.id === idOf(1));
  const segments = all.map(({ wrong }, i) => ({ ...wrong, id: idOf(i) }));
  expect(validatePlan(planOf(segments)).map(({ path }) => path)).toEqual(
    all.map(({ path }, i) => path.replace("[1]", `[${i}]`)),
  );
  expect(all.length).toBeGreaterThan(18);
});

test("plan/an-overlap-does-not-make-faults-of-those-that-follow", () => {
  const at = (value: number) => nanoseconds(midnight + ms(value));
  const plan = planOf([
    segmentOf(0, { start: at(0) }),
    segmentOf(1, { start: at(9_000) }),
    segmentOf(2, { start: at(19_000) }),
    segmentOf(3, { start: at(40_000) }),
  ]);
  expect(validatePlan(plan).map(({ path }) => path)).toEqual(["segments[1].start"]);
});

test("plan/bounds-may-be-tightened", () => {
  expect(validatePlan(planOf(good), { segmentsMax: 2 })[0]?.expected).toBe("at most 2");
  expect(validatePlan(planOf(good), { uriCharactersMax: 3 }).length).toBe(3);
  expect(planBounds.segmentsMax).toBe(20_000);
});

test("plan/a-bad-plan-is-refused-with-every-fault-and-a-message-of-bounded-length", () => {
  const segments = Array.from({ length: 5_000 }, (_, i) =>
    segmentOf(i, { asset: { uri: `/${"x".repeat(5_000)}` }, gainDb: 99 }),
  );
  const thrown = (() => {
    try {
      return createPlan(planOf(segments));
    } catch (error) {
      return error;
    }
  })();
  expect(PlayoutError.is(thrown, "InvalidPlan")).toBe(true);
  const { message, details } = thrown as PlayoutError;
  expect(details).toMatchObject({ faultCount: 10_000, faults: { length: 10_000 } });
  expect(message).toContain("10000 faults");
  expect(message).toContain("segments[4].gainDb");
  expect(message).not.toContain("segments[5]");
  expect(message).toContain("and 9990 more");
  expect(message.length).toBeLessThan(2_000);
});

test("plan/a-fault-reads-as-a-sentence", () => {
  const [fault] = validatePlan(second({ start: nanoseconds(midnight + 8_500_000_000n) }));
  expect(formatFault(fault!)).toBe(
    "segments[1].start: overlaps; expected no earlier than segments[0] ends, found 1500 ms before segments[0] ends. " +
      "Shorten segments[0] or start later by as much.",
  );
});

test("plan/a-created-plan-is-frozen-and-owes-nothing-to-its-source", () => {
  const labels = { show: "news" };
  const source = planOf([segmentOf(0, { labels })]);
  const plan = createPlan(source);
  const [segment] = plan.segments;
  for (const part of [plan, plan.segments, segment, segment?.asset, segment?.labels]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
  (source.segments as Segment[]).push(segmentOf(1));
  labels.show = "weather";
  expect(plan.segments.length).toBe(1);
  expect(segment?.labels).toEqual({ show: "news" });
  // Frozen segments are shared by the plans that follow.
  expect(createPlan({ ...plan, revision: 2 }).segments[0]).toBe(segment);
});
