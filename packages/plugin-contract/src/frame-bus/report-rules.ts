import v8 from "node:v8";
import vm from "node:vm";
import { type CommitterEvent, type StandInReason, tickAfter } from "@retrovue/core";
import { ensure, equal, eventually } from "../framework/check.js";
import type { Rule } from "../framework/rule.js";
import { type BusBench, type BusChannel, benchPoolSize, expectation, metaOf } from "./bus-bench.js";

/** Heap that a run of 10^5 ticks may leave behind: 20 bytes a tick are less than any record of one. */
const growthBytesMax = 2_000_000;

/** Heap and array memory in use after a full collection. */
function bytesInUse(): number {
  v8.setFlagsFromString("--expose-gc");
  const collect = vm.runInNewContext("gc") as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Waits for a number of events; more would show up before the sentinel that the caller lets follow. */
const eventsOf = (channel: BusChannel): CommitterEvent[] => {
  const events: CommitterEvent[] = [];
  channel.committer.onEvent((event) => events.push(event));
  return events;
};

/** What the engine learns of a bus. */
export const reportRules: readonly Rule<BusBench>[] = [
  {
    id: "bus/counters-tell-what-happened",
    reason: "The metrics that operators are woken by are these counters.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      await lane.play(channel.first, 3);
      bench.moveToGuardOf(channel.tick(8));
      await channel.committed(channel.tick(8));
      channel.committer.expect([expectation({ firstTick: channel.tick(9), pad: true })]);
      bench.moveToGuardOf(channel.tick(10));
      await channel.committed(channel.tick(10));
      await lane.submit(channel.tick(5));
      await lane.refusalOf(channel.tick(5));
      const counters = () => channel.committer.counters();
      await eventually(
        () => (counters().refused === 1 ? true : undefined),
        "The refusal's count",
        bench.signal,
      );
      const { committed, submitted, standIns, refused } = counters();
      equal(
        { committed, submitted, standIns, refused },
        { committed: 11, submitted: 3, standIns: { hold: 3, slate: 3, black: 2 }, refused: 1 },
        "the counters",
      );
    },
  },
  {
    id: "bus/events-come-once-per-episode",
    reason: "One line in the log per fault: a line per frame has made 60 fps stutter (field lesson 47).",
    check: async (bench) => {
      const channel = await bench.start();
      const events = eventsOf(channel);
      const lane = await channel.openWriter();
      channel.committer.setReason("late");
      await lane.play(channel.first, 2);
      bench.moveToGuardOf(channel.tick(8));
      await channel.committed(channel.tick(8));
      await lane.play(channel.tick(9), 2);
      bench.moveToGuardOf(channel.tick(11));
      await channel.committed(channel.tick(11));
      await eventually(() => (events.length >= 4 ? true : undefined), "Four events", bench.signal);
      equal(
        events,
        [
          { type: "stand-in-began", tick: channel.tick(2), kind: "hold", reason: "late" },
          { type: "stand-in-changed", tick: channel.tick(5), kind: "slate", reason: "late" },
          { type: "stand-in-ended", tick: channel.tick(9), ticks: 7 },
          { type: "stand-in-began", tick: channel.tick(11), kind: "hold", reason: "late" },
        ],
        "the events",
      );
    },
  },
  {
    id: "bus/what-a-stand-in-becomes-is-told",
    reason:
      "The record has each tick's kind and reason: one that stays what it began as would have false ones.",
    check: async (bench) => {
      const channel = await bench.start();
      const events = eventsOf(channel);
      const lane = await channel.openWriter();
      const slate = { picture: "slate" } as const;
      const as = (standInReason: StandInReason) => ({
        ...slate,
        meta: metaOf({ standIn: "slate", standInReason }),
      });
      await lane.play(channel.first, 2);
      await lane.play(channel.tick(2), 2, as("late"));
      await lane.play(channel.tick(4), 3, as("workerLost"));
      await lane.play(channel.tick(7), 1);
      await eventually(() => (events.length >= 3 ? true : undefined), "Three events", bench.signal);
      equal(
        events,
        [
          { type: "stand-in-began", tick: channel.tick(2), kind: "slate", reason: "late" },
          { type: "stand-in-changed", tick: channel.tick(4), kind: "slate", reason: "workerLost" },
          { type: "stand-in-ended", tick: channel.tick(7), ticks: 5 },
        ],
        "the events",
      );
    },
  },
  {
    id: "bus/sound-alone-is-no-episode",
    reason:
      "The slate of an asset without pictures is as planned: a fault before it has ended there, and none begins.",
    check: async (bench) => {
      const channel = await bench.start();
      const events = eventsOf(channel);
      const lane = await channel.openWriter();
      const slate = { picture: "slate" } as const;
      const late = { ...slate, meta: metaOf({ standIn: "slate", standInReason: "late" }) };
      const soundOnly = { ...slate, meta: metaOf({ standIn: "slate", standInReason: "soundOnly" }) };
      await lane.play(channel.first, 2, soundOnly);
      await lane.play(channel.tick(2), 2, late);
      await lane.play(channel.tick(4), 2, soundOnly);
      await lane.play(channel.tick(6), 1, late);
      await eventually(() => (events.length >= 3 ? true : undefined), "Three events", bench.signal);
      equal(
        events,
        [
          { type: "stand-in-began", tick: channel.tick(2), kind: "slate", reason: "late" },
          { type: "stand-in-ended", tick: channel.tick(4), ticks: 2 },
          { type: "stand-in-began", tick: channel.tick(6), kind: "slate", reason: "late" },
        ],
        "the events",
      );
    },
  },
  {
    id: "bus/stand-ins-are-counted-by-reason",
    reason: "A slate for an asset without pictures and one for a hung decoder ask for different people.",
    check: async (bench) => {
      const channel = await bench.start();
      // A bus may count kinds alone; one that counts reasons has counted every stand-in.
      if (channel.committer.counters().standInsBy === undefined) return;
      const lane = await channel.openWriter();
      await lane.play(channel.first, 2);
      const soundOnly = metaOf({ standIn: "slate", standInReason: "soundOnly" });
      await lane.play(channel.tick(2), 1, { picture: "slate", meta: soundOnly });
      await lane.play(channel.tick(3), 1);
      channel.committer.setReason("hung");
      bench.moveToGuardOf(channel.tick(8));
      await channel.committed(channel.tick(8));
      channel.committer.expect([expectation({ firstTick: channel.tick(9), pad: true })]);
      bench.moveToGuardOf(channel.tick(9));
      await channel.committed(channel.tick(9));
      const { standIns, standInsBy } = channel.committer.counters();
      equal(standIns, { hold: 3, slate: 3, black: 1 }, "stand-ins by kind");
      equal(
        standInsBy,
        { hold: { hung: 3 }, slate: { soundOnly: 1, hung: 2 }, black: { planned: 1 } },
        "stand-ins by reason",
      );
    },
  },
  {
    id: "bus/tells-how-far-sound-is-whole",
    reason:
      "A successor that fades in sound which was never interrupted is heard, and so is one that does not.",
    check: async (bench) => {
      const channel = await bench.start();
      const through = () => channel.committer.counters().soundThrough;
      // A bus may not know; one that tells must be right at every tick.
      if (through() === undefined) return;
      equal(through() as number | undefined, -1, "before the first tick");
      const lane = await channel.openWriter();
      await lane.play(channel.first, 2);
      equal(through(), channel.tick(1), "after whole sound");
      await lane.play(channel.tick(2), 1, { meta: metaOf({ silentSamples: 5 }) });
      equal(through(), channel.tick(1), "after sound with a hole in it");
      bench.moveToGuardOf(channel.tick(4));
      await channel.committed(channel.tick(4));
      equal(through(), channel.tick(1), "after stand-ins");
      channel.committer.expect([expectation({ firstTick: channel.tick(5), pad: true })]);
      bench.moveToGuardOf(channel.tick(5));
      await channel.committed(channel.tick(5));
      equal(through(), channel.tick(5), "after a planned pad, whose silence is as planned");
    },
  },
  {
    id: "bus/refusals-are-told-once-per-episode",
    reason: "A worker gone wild is refused sixty times a second; the engine hears of it once.",
    check: async (bench) => {
      const channel = await bench.start();
      const events = eventsOf(channel);
      const lane = await channel.openWriter();
      for (let n = 0; n < 20; n++) {
        await lane.submit(tickAfter(bench.now, 500 + n), { picture: "black" });
        // One by one: what a full lane refuses itself, while its committer sleeps, no committer has counted.
        const isHeard = () => (lane.refusals.length > n ? true : undefined);
        await eventually(isHeard, `Refusal ${n + 1}`, bench.signal);
      }
      await lane.submit(channel.first);
      await channel.committed(channel.first);
      bench.moveToGuardOf(channel.tick(1));
      await eventually(() => (events.length >= 2 ? true : undefined), "Two events", bench.signal);
      equal(
        events.map((event) => event.type),
        ["refused", "stand-in-began"],
        "the events",
      );
      equal(channel.committer.counters().refused, 20, "refusals counted");
    },
  },
  {
    id: "bus/removed-listener-hears-nothing",
    reason: "A listener that stays after its owner is gone keeps it alive and acts on its behalf.",
    check: async (bench) => {
      const channel = await bench.start();
      const removed: CommitterEvent[] = [];
      const listening = channel.committer.onEvent((event) => removed.push(event));
      const events = eventsOf(channel);
      const lane = await channel.openWriter();
      const refused: unknown[] = [];
      const refusals = lane.writer.onRefused((refusal) => refused.push(refusal));
      listening[Symbol.dispose]();
      refusals[Symbol.dispose]();
      bench.moveToGuardOf(channel.first);
      await eventually(() => (events.length > 0 ? true : undefined), "The event", bench.signal);
      await lane.submit(channel.first);
      await lane.refusalOf(channel.first);
      equal(removed, [], "events after removal");
      equal(refused, [], "refusals after removal");
    },
  },
  {
    id: "bus/nothing-grows",
    reason:
      "A channel runs for months: memory is sized from the spec at start, and a tick leaves nothing behind.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      let at = channel.first;
      const run = async (ticks: number) => {
        for (const end = tickAfter(at, ticks); at < end; ) {
          await lane.play(at, 10);
          (await channel.read(reader, tickAfter(at, 9))).release();
          // The rest of a thousand are stand-ins.
          at = tickAfter(at, 1_000);
          bench.moveToGuardOf(tickAfter(at, -1));
          await channel.committed(tickAfter(at, -1));
        }
      };
      await run(20_000);
      const before = bytesInUse();
      await run(100_000);
      const growth = bytesInUse() - before;
      ensure(growth < growthBytesMax, `10^5 ticks left ${growth} bytes behind`);
      for (let n = 0; n < benchPoolSize; n++) await lane.loan();
    },
  },
];
