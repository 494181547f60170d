import { awaitedLater, ensure, equal, rejects } from "../framework/check.js";
import type { Rule } from "../framework/rule.js";
import { type BusBench, benchPoolSize, shadeOf, unlike } from "./bus-bench.js";

/** Workers come and go; the bus and its pictures stay. */
export const laneRules: readonly Rule<BusBench>[] = [
  {
    id: "bus/newer-lane-replaces-the-older",
    reason: "A worker that was given up for dead may wake again: nothing it hands over may reach the air.",
    check: async (bench) => {
      const channel = await bench.start();
      const reader = await channel.openReader();
      const old = await channel.openWriter();
      const picture = await old.loan();
      await old.submit(channel.first);
      await channel.committed(channel.first);
      const lane = await channel.openWriter();
      await old.submit(channel.tick(1), { picture, meta: { assetTitle: "old" } });
      await lane.submit(channel.tick(1), { meta: { assetTitle: "new" } });
      const read = await channel.read(reader, channel.tick(1));
      equal(read.meta.assetTitle, "new", "what aired");
      equal(unlike(read.picture, shadeOf(channel.tick(1))), undefined, "its pixels");
    },
  },
  {
    id: "bus/replaced-lane-lends-no-more",
    reason: "The worker of an older lane must notice that it is out, and stop.",
    check: async (bench) => {
      const channel = await bench.start();
      const old = await channel.openWriter();
      for (let n = 0; n < benchPoolSize; n++) await old.loan();
      const waiting = rejects(old.loan(), "BusStale", "a loan that waits while its lane is replaced");
      const ticket = channel.committer.openLane();
      await waiting;
      await rejects(old.loan(), "BusStale", "a loan after that");
      await rejects(old.loan(), "BusStale", "and for ever");
      const stale = { ...ticket, lane: old.lane };
      await rejects(
        bench.bus.openWriter(stale, bench.signal),
        ["BusStale", "BusNotFound"],
        "opening the old lane",
      );
    },
  },
  {
    id: "bus/buffers-stay-out-until-the-lane-is-retired",
    reason:
      "A worker that is not known dead may still draw into its buffers; lent again they would show two pictures.",
    check: async (bench) => {
      const channel = await bench.start();
      const old = await channel.openWriter();
      const held = new Set<number>();
      for (let n = 0; n < benchPoolSize - 2; n++) held.add((await old.loan()).index);
      const lane = await channel.openWriter();
      for (let n = 0; n < 2; n++)
        ensure(!held.has((await lane.loan()).index), "a new lane gets other buffers");
      let lent = false;
      const waiting = awaitedLater(
        lane.loan().then((picture) => {
          lent = true;
          return picture;
        }),
      );
      await lane.submit(channel.first, { picture: "black" });
      await channel.committed(channel.first);
      ensure(!lent, "the old lane's buffers are not lent while its worker may live");
      channel.committer.retireLane(old.lane, "workerLost");
      ensure(held.has((await waiting).index), "they are lent once it is dead");
    },
  },
  {
    id: "bus/retired-lane-gives-all-its-buffers-back",
    reason: "Workers die by the thousand over the years; one buffer lost each time starves the channel.",
    check: async (bench) => {
      const channel = await bench.start();
      for (let life = 0; life < 5; life++) {
        const lane = await channel.openWriter();
        const indices = new Set<number>();
        for (let n = 0; n < benchPoolSize; n++) indices.add((await lane.loan()).index);
        equal(indices.size, benchPoolSize, `different buffers on loan in life ${life}`);
        channel.committer.retireLane(lane.lane, "workerLost");
      }
    },
  },
  {
    id: "bus/retiring-gives-the-reason",
    reason: "From the moment a worker is dead its missing ticks are its loss, not starvation.",
    check: async (bench) => {
      const channel = await bench.start();
      const reader = await channel.openReader();
      const lane = await channel.openWriter();
      await lane.submit(channel.first);
      await channel.committed(channel.first);
      channel.committer.retireLane(lane.lane, "workerLost");
      bench.moveToGuardOf(channel.tick(1));
      equal((await channel.read(reader, channel.tick(1))).meta.standInReason, "workerLost", "the reason");
    },
  },
  {
    id: "bus/pictures-outlive-their-worker",
    reason: "What a worker handed over before it died stays on air, and its last picture is what is held.",
    check: async (bench) => {
      const channel = await bench.start();
      const reader = await channel.openReader();
      const old = await channel.openWriter();
      await old.play(channel.first, 2);
      channel.committer.retireLane(old.lane, "workerLost");
      const lane = await channel.openWriter();
      for (let n = 0; n < benchPoolSize - 2; n++) (await lane.loan()).planes[0]?.fill(1);
      bench.moveToGuardOf(channel.tick(2));
      for (let n = 0; n < 3; n++) {
        const read = await channel.read(reader, channel.tick(n));
        const shown = channel.tick(Math.min(n, 1));
        equal(unlike(read.picture, shadeOf(shown)), undefined, `the pixels of tick ${n}`);
        equal(read.release(), "intact", `the verdict on tick ${n}`);
      }
    },
  },
  {
    id: "bus/closing-a-writer-ends-nothing",
    reason: "The committer outlives every worker: the channel goes on with stand-ins and takes the next one.",
    check: async (bench) => {
      const channel = await bench.start();
      const reader = await channel.openReader();
      const lane = await channel.openWriter();
      await lane.play(channel.first, 1);
      await lane.writer[Symbol.asyncDispose]();
      bench.moveToGuardOf(channel.tick(1));
      equal((await channel.read(reader, channel.tick(1))).meta.standIn, "hold", "the tick after");
      channel.committer.retireLane(lane.lane, "workerLost");
      const next = await channel.openWriter();
      await next.submit(channel.tick(2));
      equal((await channel.read(reader, channel.tick(2))).meta.standIn, undefined, "the next worker's tick");
    },
  },
];
