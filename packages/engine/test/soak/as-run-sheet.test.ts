import { createPlan, HouseGrid, nanoseconds, nanosecondsFromMs, type Plan, type Tick } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import type { AsRunLine } from "../../src/as-run/as-run-line.ts";
import { type AsRunSheet, sheetsOf } from "./as-run-sheet.ts";
import { reasonColours, sheetPage } from "./sheet-page.ts";

// Twenty-five ticks a second from 2026-11-22T08:00:00Z on.
const first = Date.UTC(2026, 10, 22, 8) / 40;
const grid = new HouseGrid({ num: 25, den: 1 }, 48_000);
const head = { v: 1, at: "2026-11-22T08:00:00.000Z", channel: 2 } as const;
const idOf = (number: number) => number.toString(16).padStart(32, "0");
const uriOf = (number: number) => `/media/<${number}>.mp4`;
const segmentOf = (number: number) => ({
  id: idOf(number),
  index: number - 1,
  kind: "content",
  uri: uriOf(number),
  labels: {},
});

/** Two seconds each, in a loop. */
const planOf = (numbers: readonly number[], revision: number): Plan =>
  createPlan({
    revision,
    start: grid.tickTime(first as Tick),
    end: "loop",
    segments: numbers.map((number) => ({
      id: idOf(number),
      kind: "content",
      asset: { uri: uriOf(number) },
      inPoint: nanoseconds(0n) as never,
      duration: nanosecondsFromMs(2_000),
      start: undefined,
      gainDb: 0,
      fadeInNs: nanoseconds(0n),
      fadeOutNs: nanoseconds(0n),
      aspect: undefined,
      labels: {},
    })),
  });

const began = (number: number, from: number): AsRunLine => ({
  ...head,
  type: "began",
  tick: first + from,
  revision: 1,
  segment: segmentOf(number),
  round: 0,
  first: first + from,
  end: first + from + 50,
});
const aired = (
  number: number,
  from: number,
  how: Partial<AsRunLine & { type: "aired" }> = {},
): AsRunLine => ({
  ...head,
  type: "aired",
  from: first + from,
  end: first + from + 50,
  first: first + from,
  plannedEnd: first + from + 50,
  revision: 1,
  segment: segmentOf(number),
  round: 0,
  outcome: "completed",
  asPlanned: 50,
  standIns: [],
  ...how,
});
const started: AsRunLine = {
  ...head,
  type: "started",
  tick: first,
  name: 'Two & "a half"',
  engine: "soak",
  frameRate: "25/1",
  sampleRate: 48_000,
  revision: 1,
  source: "plan-2.json",
};

/** As an engine wrote them while a file ended its worker, and while a plan came to be replaced. */
const recorded: readonly AsRunLine[] = [
  started,
  began(1, 0),
  aired(1, 0),
  began(2, 50),
  { ...head, type: "worker-replaced", tick: first + 60, cause: "SIGSEGV", barred: [uriOf(2)] },
  { ...head, type: "stand-in", from: first + 60, end: first + 70, kind: "hold", reason: "workerLost" },
  { ...head, type: "stand-in", from: first + 70, end: first + 100, kind: "slate", reason: "quarantined" },
  aired(2, 50, {
    asPlanned: 10,
    standIns: [
      { kind: "hold", reason: "workerLost", ticks: 10 },
      { kind: "slate", reason: "quarantined", ticks: 30 },
    ],
    failure: { code: "MediaQuarantined", message: "It killed a worker." },
  }),
  began(1, 100),
  { ...head, type: "planned", tick: first + 120, revision: 2, before: 1, source: "b", segments: 2 },
  aired(1, 100, { end: first + 120, asPlanned: 20, outcome: "replaced" }),
  aired(3, 120, { first: first + 100, end: first + 150, plannedEnd: first + 150, asPlanned: 30 }),
  aired(1, 150),
  { ...head, type: "stopped", tick: first + 200 },
];

const sheetOf = (lines: readonly AsRunLine[], plan: Plan | undefined): AsRunSheet => {
  const [sheet] = sheetsOf(lines, () => plan);
  if (sheet === undefined) throw new Error("There is no sheet.");
  return sheet;
};
const ranges = ({ planned }: AsRunSheet) =>
  planned.map(({ from, end, id, isOfPlan }) => [from - first, end - first, Number(`0x${id}`), isOfPlan]);

describe("soak/as-run-sheet", () => {
  test("soak/the-plan-of-a-sheet-is-the-one-that-was-applied-from-its-revision-on", () => {
    const sheet = sheetOf(recorded, planOf([3, 4], 2));
    expect([sheet.from - first, sheet.end - first]).toEqual([0, 200]);
    expect(ranges(sheet)).toEqual([
      [0, 50, 1, false],
      [50, 100, 2, false],
      [100, 120, 1, false],
      // The loop of the second plan, which began with the channel.
      [120, 150, 3, true],
      [150, 200, 4, true],
    ]);
    expect(sheet.aired).toHaveLength(5);
    expect(sheet.replaced).toHaveLength(1);
  });

  test("soak/a-plan-that-was-in-force-from-the-start-is-read-throughout", () => {
    const sheet = sheetOf(recorded.slice(0, 9), planOf([1, 2], 1));
    expect(ranges(sheet)).toEqual([
      [0, 50, 1, true],
      [50, 100, 2, true],
    ]);
    expect(ranges(sheetOf(recorded.slice(0, 9), planOf([1, 2], 7))).map((row) => row[3])).toEqual([
      false,
      false,
    ]);
    expect(ranges(sheetOf(recorded.slice(0, 9), undefined))).toHaveLength(2);
  });

  test("soak/each-time-on-air-has-a-sheet-and-lines-without-a-beginning-have-none", () => {
    const again = { ...started, tick: first + 500 };
    const sheets = sheetsOf([aired(1, 0), ...recorded, again, aired(1, 500)], () => undefined);
    expect(sheets.map(({ from, end }) => [from - first, end - first])).toEqual([
      [0, 200],
      [500, 550],
    ]);
  });
});

describe("soak/sheet-page", () => {
  const count = (page: string, what: string) => page.split(what).length - 1;
  const bars = (page: string, colour: string) => count(page, `fill="${colour}"`);

  test("soak/stand-ins-have-the-colour-of-their-reason-in-strip-legend-and-table", () => {
    const page = sheetPage("A faulty half hour", [sheetOf(recorded, planOf([3, 4], 2))]);
    for (const reason of ["workerLost", "quarantined"] as const) {
      const { colour, says } = reasonColours[reason];
      expect(bars(page, colour)).toBe(1);
      expect(count(page, `<i style="background:${colour}"></i>`)).toBe(2);
      expect(page).toContain(`${reason}: ${says} (${reason === "workerLost" ? 10 : 30} ticks)`);
    }
    expect(bars(page, reasonColours.hung.colour)).toBe(0);
    // Bar and table say why it aired so.
    expect(count(page, "worker was replaced: SIGSEGV; barred /media/&lt;2&gt;.mp4")).toBe(1);
    expect(page).toContain(`worker replaced at ${first + 60}: SIGSEGV, barred /media/&lt;2&gt;.mp4`);
    expect(page).toContain("MediaQuarantined: It killed a worker.");
    expect(page).toContain("10 of 50");
  });

  test("soak/another-segment-than-planned-is-red-and-what-was-cut-is-in-the-table", () => {
    const page = sheetPage("Other", [sheetOf(recorded, planOf([3, 4], 2))]);
    // At 120 the plan has 3, which aired; at 150 it has 4, and 1 did.
    expect(bars(page, "#e74c3c")).toBe(1);
    expect(page).toContain("The 3 that did not air whole");
    expect(page).toContain("<td>replaced</td>");
  });

  test("soak/names-are-no-markup-and-times-are-those-of-the-ticks", () => {
    const page = sheetPage("<b>", [sheetOf(recorded, undefined)], new Map([[2, "7 < 8"]]));
    expect(page).toContain("<title>&lt;b&gt;</title>");
    expect(page).toContain("<h2>Channel 2 Two &amp; &quot;a half&quot;</h2>");
    expect(page).toContain("<p>7 &lt; 8</p>");
    expect(page).toContain("aired &lt;1&gt;.mp4");
    expect(page).toContain("08:00:00.000 to 08:00:08.000");
  });

  test("soak/what-goes-over-a-minute-is-drawn-in-both-lines", () => {
    const lines: AsRunLine[] = [
      started,
      ...Array.from({ length: 40 }, (_, index) => aired(1, 25 + 50 * index)),
      { ...head, type: "stand-in", from: first + 1_490, end: first + 1_510, kind: "hold", reason: "late" },
    ];
    const page = sheetPage("Two minutes", [sheetOf(lines, undefined)]);
    expect(bars(page, reasonColours.late.colour)).toBe(2);
    expect(page).toContain(">08:00:00</text>");
    expect(page).toContain(">08:01:00</text>");
    expect(page).not.toContain(">08:02:00</text>");
  });

  test("soak/a-channel-that-aired-whole-says-so-and-a-long-list-is-counted", () => {
    const whole = sheetOf([started, aired(1, 0)], planOf([1], 1));
    expect(sheetPage("Whole", [whole])).toContain("Every segment aired whole, on its ticks.");
    expect(sheetPage("Whole", [whole])).toContain("Nothing stood in for anything.");
    const planned = [{ kind: "slate", reason: "soundOnly", ticks: 50 }] as const;
    const sound = sheetOf([started, aired(1, 0, { asPlanned: 0, standIns: [...planned] })], undefined);
    expect(sheetPage("Sound", [sound])).toContain("Every segment aired whole");
    const many = Array.from({ length: 450 }, (_, index) => aired(1, 50 * index, { outcome: "replaced" }));
    expect(sheetPage("Many", [sheetOf([started, ...many], undefined)])).toContain("and 50 more");
  });
});
