import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "../clock/manual-clock.js";
import { defaultProgramFormat } from "../media/program-format.js";
import { metaOf } from "../testing/meta-of.js";
import { HouseGrid } from "../time/house-grid.js";
import { nanoseconds, type Tick, tick, tickAfter } from "../time/units.js";
import type { FrameWriter, PictureBuffer } from "./frame-bus.js";
import { MemoryFrameBus } from "./memory-frame-bus.js";

const never = new AbortController().signal;
const given = AbortSignal.abort();
const format = { ...defaultProgramFormat, width: 2, height: 2, sampleRate: 8_000 };
const grid = new HouseGrid(format.frameRate, format.sampleRate);
const now = tick(53_000_000_000);
const first = tickAfter(now, 3);
const spec = { engineId: "test", channelId: 1, format, leadTicks: 4, historyTicks: 3 };
const poolSize = spec.leadTicks + spec.historyTicks + 4;
const segmentOf = (n: number) => String(n).repeat(32).slice(0, 32);

/** One step in the life of a bus: what workers, engines and time do, in any order. */
type Step =
  | { readonly do: "pass"; readonly ticks: number }
  | {
      readonly do: "submit";
      readonly ahead: number;
      readonly picture: "new" | "kept" | "slate";
      readonly keep: boolean;
    }
  | { readonly do: "borrow" }
  | { readonly do: "release" }
  | { readonly do: "replace-worker" }
  | { readonly do: "expect"; readonly ahead: number; readonly segment: number; readonly pad: boolean };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant("pass" as const), ticks: fc.integer({ min: 0, max: 6 }) }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("submit" as const),
        ahead: fc.integer({ min: -2, max: 4 }),
        picture: fc.constantFrom("new" as const, "new" as const, "kept" as const, "slate" as const),
        keep: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ do: "borrow" as const }) },
    { weight: 1, arbitrary: fc.constant({ do: "release" as const }) },
    { weight: 1, arbitrary: fc.constant({ do: "replace-worker" as const }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("expect" as const),
        ahead: fc.integer({ min: -1, max: 5 }),
        segment: fc.integer({ min: 1, max: 3 }),
        pad: fc.boolean(),
      }),
    },
  ),
  { maxLength: 60 },
);

test("bus/memory-keeps-its-promises-whatever-comes", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (life) => {
      const clock = new ManualClock(grid.tickTime(now));
      const bus = new MemoryFrameBus({ clock, pid: 1 });
      const committer = await bus.create({ ...spec, mapping: clock.mapping() }, never);
      const reader = await bus.openReader(spec, {}, never);
      committer.setPolicy({ holdTicksMax: 3, after: "black" });
      committer.start(first);
      let ticket = committer.openLane();
      let writer: FrameWriter = await bus.openWriter(ticket, never);
      let held: PictureBuffer[] = [];
      let shade = 0;
      /** What each submitted tick must show, by tick. */
      const submitted = new Map<Tick, number | "slate">();
      const refused = new Set<Tick>();
      const listen = () =>
        writer.onRefused(({ tick: at, why }) => {
          // This worker is honest: it submits what it has on loan, and no sound is a right share.
          expect(["TickTaken", "OutOfOrder", "TooFar"]).toContain(why);
          refused.add(at);
        });
      listen();
      const borrow = async () => {
        if (held.length >= 3) held.shift()?.release();
        const picture = await writer.loan(never);
        shade = (shade % 200) + 20;
        picture.planes[0]?.fill(shade);
        held.push(picture);
        return picture;
      };

      let head = -1;
      const check = async () => {
        await null;
        expect(committer.head()).toBeGreaterThanOrEqual(head);
        head = committer.head();
        const due = grid.tickAtOrBefore(nanoseconds(clock.now() + grid.length(2)));
        if (due >= first) expect(head).toBeGreaterThanOrEqual(due);
        if (head < 0) return;
        let holding = 0;
        let segment: string | undefined;
        for (let at = reader.oldest(); at <= head; at = tickAfter(at, 1)) {
          const read = await reader.at(at, never);
          if (read.overrun) throw new Error(`tick ${at} is lost`);
          expect(read.tick).toBe(at);
          expect(read.samples).toBe(grid.samplesIn(at));
          const { standIn, standInReason, segmentId, pad } = read.meta;
          expect(standIn === undefined).toBe(standInReason === "none");
          const wanted = submitted.get(at);
          const pixel = read.picture.planes[0]?.[0];
          if (standIn === undefined && typeof wanted === "number") expect(pixel).toBe(wanted);
          if (standIn === "black") expect(pixel).toBe(16);
          if (standIn === undefined && wanted === undefined) throw new Error(`nobody made tick ${at}`);
          holding = standIn === "hold" ? holding + 1 : 0;
          expect(holding).toBeLessThanOrEqual(3);
          // The picture that a hold shows may be older than the ring; from its first tick on the segment is known.
          if (standIn === "hold" && segment !== undefined) expect(segmentId).toBe(segment);
          if (standIn !== undefined && pad) expect([standIn, standInReason]).toEqual(["black", "planned"]);
          segment = segmentId;
          expect(read.release()).toBe("intact");
        }
      };

      for (const step of life) {
        if (step.do === "pass") await clock.advanceBy(grid.length(step.ticks));
        else if (step.do === "borrow") await borrow();
        else if (step.do === "release") held.shift()?.release();
        else if (step.do === "replace-worker") {
          committer.retireLane(ticket.lane, "workerLost");
          ticket = committer.openLane();
          writer = await bus.openWriter(ticket, never);
          for (const dead of held) dead.release();
          held = [];
          listen();
        } else if (step.do === "expect") {
          const firstTick = tickAfter(tick(Math.max(committer.head(), first)), step.ahead);
          const segmentId = segmentOf(step.segment);
          committer.expect([
            { firstTick, segmentId, planRevision: 1, assetUri: "", assetTitle: "", pad: step.pad },
          ]);
        } else {
          const at = tickAfter(tick(Math.max(committer.head(), first - 1)), 1 + step.ahead);
          const before = committer.counters().submitted;
          const kept = held.at(-1);
          const picture =
            step.picture === "slate" ? "slate" : step.picture === "kept" && kept ? kept : await borrow();
          writer.submit(at, picture, undefined, metaOf({ segmentId: segmentOf(1) }));
          const taken = committer.counters().submitted > before;
          if (taken) submitted.set(at, picture === "slate" ? "slate" : (picture.planes[0]?.[0] ?? 0));
          await null;
          if (!taken) expect(refused.has(at)).toBe(true);
          if (!step.keep && picture !== "slate") {
            picture.release();
            held = held.filter((it) => it !== picture);
          }
        }
        await check();
      }

      // Nothing is lost: once the worker is dead, all that no slot shows can be lent.
      committer.retireLane(ticket.lane, "workerLost");
      const shown = new Set<string>();
      for (let at = reader.oldest(); at <= committer.head(); at = tickAfter(at, 1)) {
        const read = await reader.at(at, never);
        if (!read.overrun && submitted.get(at) !== "slate" && read.meta.standIn !== "black")
          shown.add(read.pictureId);
      }
      const last = await bus.openWriter(committer.openLane(), never);
      for (let n = shown.size; n < poolSize; n++) await last.loan(never);
      await expect(last.loan(given)).rejects.toThrow();
      await committer[Symbol.asyncDispose]();
      expect(clock.sleepers).toBe(0);
    }),
    { numRuns: 1_000 },
  );
});
