import { type Tick, tickAfter } from "@retrovue/core";
import { ensure, equal, eventually } from "../framework/check.js";
import type { Rule } from "../framework/rule.js";
import { type BusBench, benchLeadTicks, paint, soundOf } from "./bus-bench.js";

/** What the committer does not take, and how it says so. */
export const refusalRules: readonly Rule<BusBench>[] = [
  {
    id: "bus/taken-tick-is-refused",
    reason: "What aired has aired: a late picture must not replace the stand-in that readers have seen.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      bench.moveToGuardOf(channel.tick(1));
      await channel.committed(channel.tick(1));
      await lane.submit(channel.tick(1));
      equal((await lane.refusalOf(channel.tick(1))).why, "TickTaken", "the refusal");
      const read = await channel.read(reader, channel.tick(1));
      equal(read.meta.standIn, "slate", "what aired there");
      await lane.submit(channel.tick(2));
      equal((await channel.read(reader, channel.tick(2))).meta.standIn, undefined, "the tick after");
    },
  },
  {
    id: "bus/going-back-is-refused",
    reason: "A worker that lost count must not rewrite ticks that readers hold.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      for (let n = 0; n < 3; n++) await lane.submit(channel.tick(n));
      await lane.submit(channel.tick(2));
      equal((await lane.refusalOf(channel.tick(2))).why, "OutOfOrder", "the same tick again");
      await lane.submit(channel.tick(1));
      equal((await lane.refusalOf(channel.tick(1))).why, "OutOfOrder", "a tick before");
      await lane.submit(channel.tick(3));
      await channel.committed(channel.tick(3));
      equal(lane.refusals.length, 2, "refusals");
    },
  },
  {
    id: "bus/too-far-ahead-is-refused",
    reason: "The lead bounds what is committed ahead; beyond it a plan edit would come too late.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const last = tickAfter(bench.now, benchLeadTicks);
      for (let at: Tick = channel.first; at <= last; at = tickAfter(at, 1)) await lane.submit(at);
      await channel.committed(last);
      const beyond = tickAfter(last, 1);
      await lane.submit(beyond);
      equal((await lane.refusalOf(beyond)).why, "TooFar", "the tick beyond the lead");
      bench.moveTo(bench.grid.tickTime(tickAfter(bench.now, 1)));
      await lane.submit(beyond);
      await channel.committed(beyond);
      equal(lane.refusals.length, 1, "refusals");
    },
  },
  {
    id: "bus/wrong-share-of-sound-is-refused",
    reason: "One sample too few or too many shifts all sound after it against the picture.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const { channels, samples } = soundOf(bench.grid, channel.first);
      const wrong = [
        { channels, samples: samples - 1 },
        { channels: channels.map((it) => Float32Array.from([...it, 0])), samples: samples + 1 },
        { channels: channels.slice(1), samples },
        { channels: channels.map((it) => it.subarray(1)), samples },
      ];
      for (const [i, sound] of wrong.entries()) {
        await lane.submit(channel.first, { sound });
        const refusal = await eventually(() => lane.refusals[i], `Refusal ${i}`, channel.signal);
        equal(refusal, { tick: channel.first, why: "BadSound" }, "the refusal");
      }
      await lane.submit(channel.first);
      await channel.committed(channel.first);
    },
  },
  {
    id: "bus/foreign-picture-is-refused",
    reason: "A buffer that is not on loan to this lane may be drawn on by someone else while it is on air.",
    check: async (bench) => {
      const channel = await bench.start();
      const old = await channel.openWriter();
      const foreign = await old.loan();
      paint(foreign, channel.first);
      const lane = await channel.openWriter();
      const released = await lane.loan();
      paint(released, channel.first);
      released.release();
      for (const [i, picture] of [foreign, released].entries()) {
        await lane.submit(channel.tick(i), { picture });
        equal((await lane.refusalOf(channel.tick(i))).why, "BadPicture", "the refusal");
      }
      equal(channel.committer.head() as number, -1, "the head");
      await lane.submit(channel.first);
      await channel.committed(channel.first);
    },
  },
  {
    id: "bus/submit-never-throws-for-the-other-side",
    reason: "The worker's tick loop hands over and goes on; what the committer thinks comes as a refusal.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const picture = await lane.loan();
      const newer = await channel.openWriter();
      await lane.submit(channel.first, { picture });
      await newer.submit(channel.tick(500), { picture: "black" });
      await newer.submit(channel.first, { picture: "black" });
      await channel.committed(channel.first);
      await channel.end();
      await newer.submit(channel.tick(1), { picture: "black" });
      ensure(lane.refusals.length + newer.refusals.length >= 1, "what was wrong came as a refusal");
    },
  },
];
