import {
  type FrameLease,
  type FrameReader,
  type Overrun,
  PlayoutError,
  type StandInReason,
} from "@retrovue/core";
import { describe, expect, test } from "vitest";
import type { AsRunSheet } from "./as-run-sheet.ts";
import { ChannelWatch } from "./channel-watch.ts";
import { reportOf } from "./report.ts";
import type { SoakRole } from "./roles.ts";
import type { SoakRun } from "./soak.ts";

/** What a bus does next: shows ticks, some for a reason, has a reader come too late, or is gone. */
type Step =
  | { readonly from: number; readonly end: number; readonly reason?: StandInReason }
  | { readonly overrun: number; readonly oldest: number }
  | "gone";

const lease = (tick: number, reason: StandInReason = "none"): FrameLease =>
  ({
    overrun: false,
    tick,
    meta: {
      standIn: reason === "none" ? undefined : "slate",
      standInReason: reason,
      firstOfSegment: tick % 30 === 0,
    },
    release: () => "intact",
  }) as unknown as FrameLease;

function* readsOf(steps: readonly Step[]): Generator<FrameLease | Overrun | undefined> {
  for (const step of steps) {
    if (step === "gone") yield undefined;
    else if ("overrun" in step)
      yield { overrun: true, tick: step.overrun, oldest: step.oldest, head: step.oldest } as Overrun;
    else for (let tick = step.from; tick < step.end; tick++) yield lease(tick, step.reason);
  }
}

interface Soaked {
  readonly role?: SoakRole;
  /** Ticks that the clock has, and that it has before the first one comes. */
  readonly clock?: number;
  readonly before?: number;
  /** Where the as-run log ends. */
  readonly recorded?: number;
  /** Why a worker was replaced. */
  readonly cause?: string;
}

/** What a soak says of one channel whose bus did these things. */
async function brokenBy(steps: readonly Step[], { role = "steady", ...soaked }: Soaked = {}) {
  const { clock = 1_000, before = 0, recorded = 1_000, cause } = soaked;
  const msOf = (ticks: number) => (ticks * 1_001) / 30;
  const all = readsOf(steps);
  const over = Promise.withResolvers<void>();
  let now = msOf(before);
  const reader = {
    next: (signal: AbortSignal) => {
      const { done, value } = all.next();
      if (!done && value === undefined)
        return Promise.reject(new PlayoutError("BusStale", "The bus is gone."));
      if (value !== undefined) return Promise.resolve(value);
      over.resolve();
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
    [Symbol.asyncDispose]: async () => {},
  } as unknown as FrameReader;
  const watch = new ChannelWatch({ open: async () => reader, isCycled: role === "cycled", now: () => now });
  await over.promise;
  now = msOf(before + clock);
  await watch[Symbol.asyncDispose]();
  const runs = [
    { channel: 1, from: 0, end: recorded, segments: 33, exact: 33, workersReplaced: 0, differences: [] },
  ];
  const run: SoakRun = {
    minutes: 1,
    samples: [],
    channels: [{ id: 1, role, isEncoded: false, watch, runs }],
    disturbances: new Map([["cycles", { times: 0, failures: [] }]]),
    scrapesMs: [1],
    workersReplaced: 0,
    renderersReplaced: 0,
    published: 1_000,
    late: 0,
    cpuPercent: 1,
    exitCode: 0,
    left: [],
    recordLost: 0,
    sheets: cause === undefined ? [] : [sheetWith(cause)],
    warnings: new Map(),
    missing: [],
  };
  const { broken, slow } = reportOf(run, []);
  return { broken: broken.filter((one) => !slow.includes(one)), slow };
}

const sheetWith = (cause: string): AsRunSheet => ({
  channel: 1,
  name: "One",
  frameRate: "30000/1001",
  from: 0,
  end: 1_000,
  planned: [],
  aired: [],
  standIns: [],
  replaced: [{ v: 1, at: "", channel: 1, type: "worker-replaced", tick: 7, cause, barred: [] }],
});

const whole = { from: 0, end: 1_000 };
const kept = { broken: [], slow: [] };

describe("soak/channel-watch", () => {
  test("soak/a-channel-that-goes-on-with-the-clock-keeps-its-promises", async () => {
    expect(await brokenBy([whole])).toEqual(kept);
    // What its own reader came too late for is none of the engine's.
    const seen = [
      { from: 0, end: 800 },
      { overrun: 800, oldest: 850 },
      { from: 850, end: 1_000 },
    ];
    expect(await brokenBy(seen)).toEqual(kept);
  });

  test("soak/a-bus-that-stands-still-or-begins-late-is-told", async () => {
    expect(await brokenBy([{ from: 0, end: 500 }], { recorded: 500 })).toMatchObject({
      broken: ["channel 1: 500 ticks came or were missed where the clock had 1000"],
    });
    expect(await brokenBy([whole], { before: 301 })).toMatchObject({
      broken: ["channel 1: its first tick took 10043 ms"],
    });
  });

  test("soak/ticks-that-never-come-or-come-again-are-told", async () => {
    expect(
      await brokenBy([
        { from: 0, end: 500 },
        { from: 510, end: 1_000 },
      ]),
    ).toMatchObject({
      broken: ["channel 1: 10 ticks were missed"],
    });
    expect(
      await brokenBy([
        { from: 0, end: 500 },
        { from: 499, end: 1_000 },
      ]),
    ).toMatchObject({
      broken: ["channel 1: its bus went back 1 times"],
    });
    const jump = [
      { from: 0, end: 700 },
      { overrun: 700, oldest: 850 },
      { from: 840, end: 1_000 },
    ];
    const { broken, slow } = await brokenBy(jump);
    expect(broken).toEqual(["channel 1: its bus went back 1 times"]);
    expect(slow).toEqual(["channel 1: its reader came too late for 150 of 1010 ticks"]);
  });

  test("soak/a-bus-that-is-lost-counts-and-so-do-the-ticks-meanwhile-but-where-it-is-cycled", async () => {
    const steps: readonly Step[] = [{ from: 0, end: 500 }, "gone", { from: 600, end: 1_000 }];
    const { broken } = await brokenBy(steps);
    expect(broken).toHaveLength(2);
    expect(broken[0]).toBe("channel 1: 100 ticks were missed");
    expect(broken[1]).toContain("channel 1: its bus was lost 1 times: after tick 499");
    const [again] = (await brokenBy([{ from: 0, end: 500 }, "gone", { from: 499, end: 1_000 }])).broken;
    expect(again).toContain("its bus was lost 1 times");
    expect(await brokenBy(steps, { role: "cycled" })).toEqual(kept);
    expect((await brokenBy(["gone", ...steps], { role: "cycled" })).broken).toEqual([
      "channel 1: its bus was lost 2 times, of which 1 were wanted",
    ]);
  });

  test("soak/a-record-that-ends-before-its-channel-is-told", async () => {
    expect((await brokenBy([whole], { recorded: 900 })).broken).toEqual([
      "channel 1: the as-run log ends at 900, 99 ticks early",
    ]);
  });

  test.each(["openFailed", "decodeFailed", "workerLost", "quarantined", "planned"] as const)(
    "soak/on-a-steady-channel-no-load-explains-%s-from-the-first-tick-on",
    async (reason) => {
      const steps = [
        { from: 0, end: 5, reason },
        { from: 5, end: 1_000 },
      ];
      expect((await brokenBy(steps)).broken).toEqual([expect.stringContaining(`slate ${reason}`)]);
      expect(await brokenBy(steps, { role: "failing" })).toEqual(kept);
    },
  );

  test("soak/a-worker-that-is-lost-is-told-though-nothing-stood-in-for-it", async () => {
    const lost = [expect.stringContaining("its worker is lost at 7")];
    expect(await brokenBy([whole], { cause: "SIGSEGV" })).toEqual({ broken: lost, slow: [] });
    expect(await brokenBy([whole], { cause: "no progress" })).toEqual({ broken: [], slow: lost });
    expect(await brokenBy([whole], { cause: "SIGSEGV", role: "struck" })).toEqual(kept);
  });

  test("soak/what-a-busy-machine-brings-about-is-told-as-such-and-not-of-the-start", async () => {
    const late = (from: number) => [
      { from: 0, end: from },
      { from, end: from + 5, reason: "starved" as const },
      { from: from + 5, end: 1_000 },
    ];
    expect(await brokenBy(late(10))).toEqual(kept);
    const { broken, slow } = await brokenBy(late(500));
    expect([broken, slow]).toEqual([[], [expect.stringContaining("slate starved")]]);
  });
});
