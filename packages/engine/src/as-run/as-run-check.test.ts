import { HouseGrid, mediaTime, nanoseconds, type Plan, rational, startPlan, type Tick } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { type AsRunDifference, checkAsRun } from "./as-run-check.js";
import { type AsRunLine, asRunLineSchema } from "./as-run-line.js";

const grid = new HouseGrid(rational(25, 1), 48_000);
const zero = 1_767_225_600 * 25;
const id = (index: number) => String(index + 1).padStart(32, "0");

/** Four segments of 100 ticks, from tick `zero` on. */
const plan: Plan = startPlan(
  {
    revision: 3,
    start: undefined,
    end: "pad",
    segments: [0, 1, 2, 3].map((index) => ({
      id: id(index),
      kind: "content",
      asset: { uri: `/${index}.mp4` },
      inPoint: mediaTime(0n),
      duration: nanoseconds(4_000_000_000n),
      start: undefined,
      gainDb: 0,
      fadeInNs: nanoseconds(0n),
      fadeOutNs: nanoseconds(0n),
      aspect: undefined,
      labels: {},
    })),
  },
  zero as Tick,
  grid,
);

const head = { v: 1, at: "2026-01-01T00:00:00.000Z", channel: 1 } as const;
const started: AsRunLine = {
  ...head,
  type: "started",
  tick: zero,
  name: "One",
  engine: "e",
  frameRate: "25/1",
  sampleRate: 48_000,
  revision: 3,
  source: "p",
};
const aired = (index: number, from = index * 100, end = from + 100): AsRunLine & { type: "aired" } => ({
  ...head,
  type: "aired",
  from: zero + from,
  end: zero + end,
  first: zero + index * 100,
  plannedEnd: zero + index * 100 + 100,
  revision: 3,
  segment: { id: id(index), index, kind: "content", uri: `/${index}.mp4`, labels: {} },
  round: 0,
  outcome: "completed",
  asPlanned: end - from,
  standIns: [],
});
/** The second segment is on air. */
const began: AsRunLine = {
  ...head,
  type: "began",
  tick: zero + 100,
  revision: 3,
  segment: aired(1).segment,
  round: 0,
  first: zero + 100,
  end: zero + 200,
};
const whole = [started, aired(0), aired(1), aired(2), aired(3)];

const differences = (lines: readonly AsRunLine[]): readonly AsRunDifference[] => {
  for (const line of lines) expect(() => asRunLineSchema.parse(line)).not.toThrow();
  return checkAsRun(lines, () => ({ plan, isForAll: false })).flatMap((run) => run.differences);
};

describe("as-run check", () => {
  test("as-run/what-aired-as-planned-has-no-difference", () => {
    expect(checkAsRun(whole, () => ({ plan, isForAll: false }))).toEqual([
      {
        channel: 1,
        name: "One",
        frameRate: "25/1",
        revision: 3,
        from: zero,
        end: zero + 400,
        segments: 4,
        exact: 4,
        notCompared: 0,
        workersReplaced: 0,
        differences: [],
      },
    ]);
  });

  test("as-run/a-channel-that-is-stopped-within-a-stand-in-that-was-told-ahead-ends-there", () => {
    const standIn: AsRunLine = {
      ...head,
      type: "stand-in",
      from: zero + 110,
      end: zero + 125,
      kind: "slate",
      reason: "openFailed",
    };
    const ended: AsRunLine = {
      ...aired(1, 100, 114),
      outcome: "stopped",
      asPlanned: 10,
      standIns: [{ kind: "slate", reason: "openFailed", ticks: 4 }],
    };
    const stopped: AsRunLine = { ...head, type: "stopped", tick: zero + 114, by: "engine" };
    expect(differences([started, aired(0), began, standIn, ended, stopped])).toMatchObject([
      { what: "stand-in", from: zero + 110, end: zero + 114, planned: id(1) },
    ]);
  });

  test("as-run/one-frame-more-or-less-is-told", () => {
    const late = [started, aired(0), aired(1, 101, 200), aired(2), aired(3)];
    expect(differences(late)).toEqual([
      { what: "missing", from: zero + 100, end: zero + 101, planned: id(1), uri: "/1.mp4" },
    ]);
    const long = [started, aired(0, 0, 101), aired(1, 101, 200), aired(2), aired(3)];
    expect(differences(long)).toMatchObject([
      { what: "other", from: zero + 100, end: zero + 101, planned: id(1), aired: id(0) },
    ]);
  });

  test("as-run/a-segment-that-never-aired-and-one-that-nobody-planned-are-told", () => {
    const stray = { ...aired(3, 200, 300), segment: { ...aired(3).segment, id: id(8) } };
    const found = differences([started, aired(0), aired(1), stray, aired(3), aired(3, 400, 450)]);
    expect(found).toMatchObject([
      { what: "other", from: zero + 200, end: zero + 300, planned: id(2), aired: id(8) },
      { what: "unplanned", from: zero + 400, end: zero + 450, aired: id(3) },
    ]);
    expect(differences([started, aired(0), aired(3)])).toMatchObject([
      { what: "missing", planned: id(1) },
      { what: "missing", planned: id(2) },
    ]);
  });

  test("as-run/stand-ins-are-told-with-their-reason-unless-planned", () => {
    const standIn = (from: number, end: number, reason: "workerLost" | "soundOnly"): AsRunLine => ({
      ...head,
      type: "stand-in",
      from: zero + from,
      end: zero + end,
      kind: "hold",
      reason,
    });
    const marked = {
      ...aired(1),
      asPlanned: 90,
      standIns: [
        { kind: "hold" as const, reason: "workerLost" as const, ticks: 7 },
        { kind: "hold" as const, reason: "soundOnly" as const, ticks: 3 },
      ],
    };
    const lines = [
      started,
      aired(0),
      standIn(110, 117, "workerLost"),
      standIn(120, 123, "soundOnly"),
      marked,
      aired(2),
      aired(3),
    ];
    const [run] = checkAsRun(lines, () => ({ plan, isForAll: false }));
    expect(run).toMatchObject({ segments: 4, exact: 3 });
    expect(run?.differences).toEqual([
      {
        what: "stand-in",
        from: zero + 110,
        end: zero + 117,
        detail: "hold, workerLost",
        planned: id(1),
        aired: id(1),
        uri: "/1.mp4",
      },
    ]);
  });

  test("as-run/lines-that-contradict-each-other-are-told", () => {
    const miscounted = { ...aired(1), asPlanned: 99 };
    expect(differences([started, aired(0), miscounted, aired(2), aired(3)])).toMatchObject([
      { what: "contradiction", from: zero + 100, end: zero + 200 },
    ]);
    const unsaid = {
      ...aired(1),
      asPlanned: 99,
      standIns: [{ kind: "hold" as const, reason: "late" as const, ticks: 1 }],
    };
    expect(differences([started, aired(0), unsaid, aired(2), aired(3)])).toMatchObject([
      { what: "contradiction", detail: "1 ticks of stand-ins here, 0 told one by one" },
    ]);
  });

  test("as-run/earlier-revisions-are-counted-and-not-compared", () => {
    const before: AsRunLine = { ...started, revision: 2 } as AsRunLine;
    const change: AsRunLine = {
      ...head,
      type: "planned",
      tick: zero + 150,
      revision: 3,
      before: 2,
      source: "p",
      segments: 4,
    };
    const stray = { ...aired(0), segment: { ...aired(0).segment, id: id(8) } };
    const [run] = checkAsRun([before, stray, change, aired(1), aired(2), aired(3)], () => ({
      plan,
      isForAll: false,
    }));
    expect(run).toMatchObject({ from: zero + 150, notCompared: 1, segments: 3, exact: 3, differences: [] });
  });

  test("as-run/an-engine-that-was-killed-leaves-what-began-and-the-next-one-is-a-run-of-its-own", () => {
    const again = { ...started, tick: zero + 170 } as AsRunLine;
    const runs = checkAsRun([started, aired(0), began, again, aired(1, 170, 200), aired(2)], () => ({
      plan,
      isForAll: false,
    }));
    expect(runs.map(({ from, end, segments, exact }) => [from - zero, end - zero, segments, exact])).toEqual([
      [0, 100, 1, 1],
      [100, 300, 2, 1],
    ]);
    expect(runs.flatMap((run) => run.differences)).toEqual([
      {
        what: "missing",
        from: zero + 100,
        end: zero + 170,
        planned: id(1),
        uri: "/1.mp4",
        detail: "not in the record: the engine was killed",
      },
    ]);
  });

  test("as-run/a-stand-in-tells-how-far-a-killed-engine-came", () => {
    const standIn: AsRunLine = {
      ...head,
      type: "stand-in",
      from: zero + 110,
      end: zero + 117,
      kind: "hold",
      reason: "workerLost",
    };
    const found = differences([started, aired(0), began, standIn, again(170), aired(1, 170, 200)]);
    expect(found.map(({ what, from, end, detail }) => [what, from - zero, end - zero, detail])).toEqual([
      ["stand-in", 110, 117, "hold, workerLost"],
      ["missing", 117, 170, "not in the record: the engine was killed"],
    ]);
  });

  const stopped = (tick: number, by?: (AsRunLine & { type: "stopped" })["by"]): AsRunLine => ({
    ...head,
    type: "stopped",
    tick: zero + tick,
    ...(by && { by }),
  });
  const again = (tick: number, more: Partial<AsRunLine & { type: "started" }> = {}): AsRunLine =>
    ({ ...started, tick: zero + tick, ...more }) as AsRunLine;
  const after = [aired(2, 250, 300), aired(3)];

  test.each([["engine"], [undefined]] as const)(
    "as-run/an-outage-of-the-engine-is-told-of-each-segment-that-was-due: %s",
    (by) => {
      expect(differences([started, aired(0), stopped(100, by), again(250), ...after])).toEqual([
        expect.objectContaining({ what: "missing", from: zero + 100, end: zero + 200, planned: id(1) }),
        expect.objectContaining({ what: "missing", from: zero + 200, end: zero + 250, planned: id(2) }),
      ]);
    },
  );

  test("as-run/what-a-run-itself-did-not-air-is-told-apart-from-the-outage-before-it", () => {
    const late = [started, aired(0), stopped(100), again(250), aired(2, 260, 300), aired(3)];
    expect(differences(late).map(({ from, end, detail }) => [from - zero, end - zero, detail])).toEqual([
      [100, 200, "no engine had it on air"],
      [200, 250, "no engine had it on air"],
      [250, 260, undefined],
    ]);
  });

  test.each<[string, AsRunLine, Partial<AsRunLine & { type: "started" }>]>([
    ["a request ended its plan", stopped(100, "request"), {}],
    ["the configuration left it out", stopped(100, "configuration"), {}],
    ["nobody watched", stopped(100, "demand"), {}],
    ["a viewer began it, after a restart", stopped(100, "engine"), { by: "demand" }],
    ["a viewer began it, after the engine was killed", aired(1), { by: "demand" }],
    ["it came back with another plan", stopped(100, "engine"), { revision: 4 }],
    ["it came back at another rate", stopped(100, "engine"), { frameRate: "50/1" }],
  ])("as-run/time-in-which-nothing-was-due-is-no-difference: %s", (_, stop, more) => {
    const [, run] = checkAsRun([started, aired(0), stop, again(250, more)], () => ({
      plan: { ...plan, revision: more.revision ?? 3 },
      isForAll: false,
    }));
    expect(run).toMatchObject({ from: zero + 250, differences: [] });
  });

  test("as-run/other-channels-have-outages-of-their-own", () => {
    const other = { channel: 2 } as const;
    const lines = [
      started,
      { ...started, ...other },
      { ...aired(0), ...other },
      aired(0),
      aired(1),
      aired(2),
      aired(3),
    ];
    expect(differences(lines)).toEqual([]);
  });
});
