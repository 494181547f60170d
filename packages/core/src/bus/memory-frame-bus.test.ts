import { describe, expect, test } from "vitest";
import { ManualClock } from "../clock/manual-clock.js";
import type { PixelFormat } from "../media/picture-format.js";
import { planesOf } from "../media/pixel-layout.js";
import { defaultProgramFormat, type ProgramFormat } from "../media/program-format.js";
import { metaOf } from "../testing/meta-of.js";
import { HouseGrid } from "../time/house-grid.js";
import { nanoseconds, tick, tickAfter } from "../time/units.js";
import type { Committer } from "./committer.js";
import type { Refusal } from "./frame-bus.js";
import { MemoryFrameBus } from "./memory-frame-bus.js";

// What every bus must keep is in the contract suite; here is what only the memory bus promises.

const never = new AbortController().signal;
const format: ProgramFormat = { ...defaultProgramFormat, width: 16, height: 16 };
const grid = new HouseGrid(format.frameRate, format.sampleRate);
const now = tick(53_000_000_000);
const first = tickAfter(now, 3);

const meta = metaOf();

async function started(pixelFormat: PixelFormat = "yuv420p") {
  const clock = new ManualClock(grid.tickTime(now));
  const bus = new MemoryFrameBus({ clock, pid: 1 });
  const spec = {
    engineId: "test",
    channelId: 1,
    format: { ...format, pixelFormat },
    leadTicks: 8,
    historyTicks: 30,
    mapping: clock.mapping(),
  };
  const committer = await bus.create(spec, never);
  committer.start(first);
  const writer = await bus.openWriter(committer.openLane(), never);
  const reader = await bus.openReader(spec, {}, never);
  return { clock, bus, committer, writer, reader };
}

const reasonsAt = async (committer: Committer, bus: MemoryFrameBus, ticks: readonly number[]) => {
  const reader = await bus.openReader({ engineId: "test", channelId: 1 }, {}, never);
  return Promise.all(
    ticks.map(async (n) => {
      const read = await reader.at(tickAfter(first, n), never);
      return read.overrun ? `overrun before ${committer.head()}` : read.meta.standInReason;
    }),
  );
};

describe("memory bus", () => {
  test("bus/memory-shows-a-tick-when-submit-returns", async () => {
    const { writer, committer, reader } = await started();
    writer.submit(first, await writer.loan(never), undefined, meta);
    expect([committer.head(), writer.head(), reader.head()]).toEqual([first, first, first]);
  });

  test("bus/memory-tells-of-refusals-after-the-call-and-before-anything-else", async () => {
    const { writer } = await started();
    const told: Refusal[] = [];
    writer.onRefused((refusal) => told.push(refusal));
    writer.submit(tickAfter(first, 100), "black", undefined, meta);
    expect(told).toEqual([]);
    await null;
    expect(told).toEqual([{ tick: tickAfter(first, 100), why: "TooFar" }]);
  });

  test("bus/memory-settles-what-was-due-before-what-comes-after", async () => {
    const { clock, committer, bus, writer } = await started();
    committer.setReason("late");
    // The jump passes the guard times of ten ticks; nobody's timer has run yet.
    clock.set(grid.tickTime(tickAfter(first, 7)));
    expect(committer.head()).toBe(-1);
    committer.setReason("hung");
    expect(committer.head()).toBe(tickAfter(first, 9));
    writer.submit(tickAfter(first, 5), "black", undefined, meta);
    clock.set(grid.tickTime(tickAfter(first, 9)));
    writer.submit(tickAfter(first, 12), "black", undefined, meta);
    expect(committer.head()).toBe(tickAfter(first, 12));
    expect(await reasonsAt(committer, bus, [0, 9, 10, 11, 12])).toEqual([
      "late",
      "late",
      "hung",
      "hung",
      "none",
    ]);
    expect(committer.counters()).toMatchObject({ committed: 13, submitted: 1, refused: 1 });
  });

  test("bus/memory-counts-stand-ins-by-reason-and-knows-how-far-sound-is-whole", async () => {
    const { clock, committer, writer } = await started();
    writer.submit(first, "black", undefined, meta);
    writer.submit(tickAfter(first, 1), "slate", undefined, {
      ...meta,
      standIn: "slate",
      standInReason: "soundOnly",
    });
    expect(committer.counters().soundThrough).toBe(tickAfter(first, 1));
    committer.setReason("hung");
    await clock.advanceTo(grid.tickTime(tickAfter(first, 4)));
    const { standIns, standInsBy, soundThrough } = committer.counters();
    expect(standInsBy).toEqual({ hold: {}, slate: { soundOnly: 1, hung: standIns.slate - 1 }, black: {} });
    expect(standIns.slate).toBeGreaterThan(2);
    expect(soundThrough).toBe(tickAfter(first, 1));
    await committer[Symbol.asyncDispose]();
  });

  test("bus/memory-a-segment-of-sound-alone-is-no-episode", async () => {
    const { committer, writer } = await started();
    const told: unknown[] = [];
    committer.onEvent((event) => told.push(event));
    const soundOnly = { ...meta, standIn: "slate", standInReason: "soundOnly" } as const;
    writer.submit(first, "slate", undefined, { ...soundOnly, standInReason: "late" });
    for (let n = 1; n < 4; n++) writer.submit(tickAfter(first, n), "slate", undefined, soundOnly);
    await Promise.resolve();
    await Promise.resolve();
    expect(told).toMatchObject([
      { type: "stand-in-began", tick: first, reason: "late" },
      { type: "stand-in-ended", tick: tickAfter(first, 1), ticks: 1 },
    ]);
    await committer[Symbol.asyncDispose]();
  });

  test("bus/memory-stands-in-by-itself-as-time-passes", async () => {
    const { clock, committer } = await started();
    await clock.advanceTo(grid.tickTime(tickAfter(first, 1_000)));
    expect(committer.head()).toBe(tickAfter(first, 1_002));
    expect(committer.counters()).toMatchObject({ committed: 1_003, lateCommits: 0 });
    await committer[Symbol.asyncDispose]();
    expect(clock.sleepers).toBe(0);
  });

  test("bus/memory-lasts-as-long-as-its-clock", async () => {
    const { clock, committer } = await started();
    clock[Symbol.dispose]();
    await committer[Symbol.asyncDispose]();
  });

  test("bus/memory-takes-a-guard-of-zero", async () => {
    const { clock, bus } = await started();
    const spec = {
      engineId: "test",
      channelId: 2,
      format,
      leadTicks: 2,
      historyTicks: 1,
      guardNs: nanoseconds(0n),
      mapping: clock.mapping(),
    };
    const committer = await bus.create(spec, never);
    committer.start(first);
    await clock.advanceTo(grid.tickTime(tickAfter(first, 500)));
    expect(committer.counters()).toMatchObject({ committed: 501, lateCommits: 0 });
  });

  test.each<[PixelFormat, number[]]>([
    ["yuv420p", [16, 128, 128]],
    ["yuv422p10le", [64, 512, 512]],
    ["yuv444p12le", [256, 2048, 2048]],
    ["nv12", [16, 128]],
    ["p010le", [16 << 8, 128 << 8]],
    ["gray", [16]],
    ["gray10le", [64]],
    ["rgb24", [0]],
    ["gbrp", [0, 0, 0]],
  ])("bus/memory-black-is-black-in-%s", async (pixelFormat, shades) => {
    const { writer, reader } = await started(pixelFormat);
    writer.submit(first, "black", undefined, meta);
    const read = await reader.at(first, never);
    if (read.overrun) throw new Error("not there");
    const wide = /le$/.test(pixelFormat);
    const seen = read.picture.planes.map((plane) => {
      const samples = wide ? new Uint16Array(plane.buffer, plane.byteOffset, plane.length / 2) : plane;
      return [...new Set(samples)];
    });
    expect(seen).toEqual(shades.map((shade) => [shade]));
    expect(seen.length).toBe(planesOf(pixelFormat).length);
  });
});
