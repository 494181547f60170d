import { PlayoutError } from "@retrovue/core";
import { ensure, equal, rejects, throws } from "../framework/check.js";
import type { Rule } from "../framework/rule.js";
import { type BusBench, benchFormat, benchPoolSize } from "./bus-bench.js";

/** Making, ending and refusing buses. */
export const lifeRules: readonly Rule<BusBench>[] = [
  {
    id: "bus/disposal-makes-readers-stale",
    reason: "A reader of a bus whose engine has gone would show its last picture for ever; it must reopen.",
    check: async (bench) => {
      const channel = await bench.start();
      const reader = await channel.openReader();
      const lane = await channel.openWriter();
      await lane.play(channel.first, 1);
      const waiting = rejects(
        reader.at(channel.tick(1), bench.signal),
        "BusStale",
        "a wait at the end of the bus",
      );
      await channel.end();
      await waiting;
      await rejects(reader.next(bench.signal), "BusStale", "a read after the end");
      await rejects(bench.bus.openReader(channel.spec, {}, bench.signal), "BusNotFound", "opening it again");
    },
  },
  {
    id: "bus/disposal-makes-writers-stale",
    reason: "A worker whose engine has gone stops when it next borrows a buffer.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      for (let n = 0; n < benchPoolSize; n++) await lane.loan();
      const waiting = rejects(lane.loan(), "BusStale", "a loan at the end of the bus");
      await channel.end();
      await waiting;
      await rejects(lane.loan(), "BusStale", "a loan after the end");
    },
  },
  {
    id: "bus/use-after-dispose-is-closed",
    reason:
      "Using what was closed is our own mistake and must show at the line that made it; closing twice is quiet.",
    check: async (bench) => {
      const channel = await bench.start();
      const reader = await channel.openReader();
      const lane = await channel.openWriter();
      for (let times = 0; times < 2; times++) {
        await reader[Symbol.asyncDispose]();
        await lane.writer[Symbol.asyncDispose]();
      }
      await rejects(reader.next(bench.signal), "Closed", "a closed reader's next");
      throws(() => reader.head(), "Closed", "a closed reader's head");
      await rejects(lane.loan(), "Closed", "a closed writer's loan");
      throws(() => lane.writer.head(), "Closed", "a closed writer's head");
      await channel.end();
      await channel.end();
      throws(() => channel.committer.openLane(), "Closed", "a closed committer's openLane");
      throws(() => channel.committer.setReason("late"), "Closed", "a closed committer's setReason");
    },
  },
  {
    id: "bus/second-bus-of-a-name-is-refused",
    reason: "Two committers on one bus would tear every picture; the first must not even notice the second.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      await rejects(bench.bus.create(channel.spec, bench.signal), "AlreadyExists", "a second bus");
      await lane.play(channel.first, 3);
      await channel.end();
      const again = await bench.start();
      equal(again.committer.head() as number, -1, "the head of the bus made after it");
    },
  },
  {
    id: "bus/channels-are-apart",
    reason: "An engine has many channels: one bus's ticks, readers and end are nobody else's business.",
    check: async (bench) => {
      const one = await bench.start({ channelId: 1 });
      const two = await bench.start({ channelId: 2 });
      const [laneOne, laneTwo] = [await one.openWriter(), await two.openWriter()];
      const [readerOne, readerTwo] = [await one.openReader(), await two.openReader()];
      await laneOne.submit(one.first, { meta: { assetTitle: "one" } });
      await laneTwo.submit(two.first, { meta: { assetTitle: "two" } });
      equal((await one.read(readerOne, one.first)).meta.assetTitle, "one", "channel 1");
      await one.end();
      equal((await two.read(readerTwo, two.first)).meta.assetTitle, "two", "channel 2");
    },
  },
  {
    id: "bus/impossible-spec-is-refused",
    reason: "A spec out of its ranges is a mistake of a configuration: named, and nothing half-made stays.",
    check: async (bench) => {
      for (const wrong of [
        { leadTicks: 1 },
        { leadTicks: 1_001 },
        { historyTicks: 0 },
        { historyTicks: 10_001 },
        { engineId: "" },
        { engineId: "No Such Name/.." },
        { engineId: "e".repeat(65) },
      ]) {
        const made = bench.bus.create(bench.spec(wrong), bench.signal);
        await rejects(made, "InvalidArgument", `a spec with ${JSON.stringify(wrong)}`);
      }
      await bench.create();
    },
  },
  {
    id: "bus/aborted-opening-leaves-nothing",
    reason: "What was given up while it was opened is nobody's to dispose.",
    check: async (bench) => {
      const aborted = AbortSignal.abort();
      await rejects(bench.bus.create(bench.spec(), aborted), "Cancelled", "create");
      const channel = await bench.create();
      await rejects(bench.bus.openReader(channel.spec, {}, aborted), "Cancelled", "openReader");
      const ticket = channel.committer.openLane();
      await rejects(bench.bus.openWriter(ticket, aborted), "Cancelled", "openWriter");
      equal(channel.committer.readers(), [], "readers");
      const writer = await bench.bus.openWriter(ticket, bench.signal);
      await writer[Symbol.asyncDispose]();
    },
  },
  {
    id: "bus/memory-is-computed-from-the-spec",
    reason:
      "Operators size /dev/shm by it: it is known before anything runs and covers every buffer of the pool.",
    check: async (bench) => {
      const bytes = (changes: Parameters<BusBench["spec"]>[0]) => bench.bus.memoryBytes(bench.spec(changes));
      const base = bytes({});
      equal(bytes({}), base, "the same spec's memory");
      ensure(Number.isSafeInteger(base), "it is a whole number of bytes");
      const picture = (benchFormat.width * benchFormat.height * 3) / 2;
      ensure(base >= benchPoolSize * picture, "it covers the pool's pixels");
      for (const more of [
        { leadTicks: 20 },
        { historyTicks: 20 },
        { directReferences: 16 },
        { format: { ...benchFormat, height: benchFormat.height * 4 } },
        { format: { ...benchFormat, channels: 8 } },
      ]) {
        ensure(bytes(more) > base, `it grows with ${Object.keys(more).join()}`);
      }
      const error = (() => {
        try {
          return bytes({ leadTicks: 0 });
        } catch (thrown) {
          return thrown;
        }
      })();
      ensure(PlayoutError.is(error, "InvalidArgument"), "an impossible spec has no size");
    },
  },
];
