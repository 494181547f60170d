import { PlayoutError, planesOf, rowBytes, rowsOf, tickAfter } from "@retrovue/core";
import { awaitedLater, ensure, equal, eventually } from "../framework/check.js";
import type { Rule } from "../framework/rule.js";
import {
  type BusBench,
  benchFormat,
  benchHistoryTicks,
  benchLeadTicks,
  benchPoolSize,
  paint,
  shadeOf,
  unlike,
} from "./bus-bench.js";

/** How ticks become visible, and what becomes of the buffers that they were handed over in. */
export const commitRules: readonly Rule<BusBench>[] = [
  {
    id: "bus/ticks-appear-in-order",
    reason: "Readers follow the head; a tick that is skipped, doubled or out of order is seen on air.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      await lane.play(channel.first, 12);
      const from = reader.oldest();
      for (let at = from; at <= channel.tick(11); at = tickAfter(at, 1)) {
        const read = await channel.read(reader, at);
        equal(read.tick, at, "the lease's tick");
        equal(unlike(read.picture, shadeOf(at)), undefined, `the picture of tick ${at}`);
        equal(read.meta.standIn, undefined, `the stand-in mark of tick ${at}`);
      }
      equal(channel.committer.counters().committed, 12, "ticks committed");
    },
  },
  {
    id: "bus/frames-are-visible-ahead-of-their-time",
    reason:
      "Encoders and captioners live on the lead: a submission in line is committed at once, not when it is due.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      for (let n = 0; n < 4; n++) await lane.submit(channel.tick(n));
      const read = await channel.read(reader, channel.tick(3));
      ensure(read.time > bench.clock.now(), "the tick is read before its time");
    },
  },
  {
    id: "bus/head-is-the-last-committed-tick",
    reason: "The worker paces itself and readers find the newest picture by the head.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      equal(channel.committer.head() as number, -1, "the committer's head before the first commit");
      equal(lane.writer.head() as number, -1, "the writer's head before the first commit");
      equal(reader.head() as number, -1, "the reader's head before the first commit");
      await lane.submit(channel.first);
      await lane.submit(channel.tick(1));
      await channel.read(reader, channel.tick(1));
      equal(channel.committer.head(), channel.tick(1), "the committer's head");
      equal(reader.head(), channel.tick(1), "the reader's head");
      const seen = () => (lane.writer.head() === channel.tick(1) ? true : undefined);
      await eventually(seen, "The writer's head", channel.signal);
    },
  },
  {
    id: "bus/nothing-is-committed-before-start",
    reason:
      "The channel's first tick is the engine's decision; whatever comes before it would be a tick nobody planned.",
    check: async (bench) => {
      const channel = await bench.create();
      const reader = await channel.openReader();
      bench.moveToGuardOf(channel.tick(1));
      equal(channel.committer.head() as number, -1, "the head before start");
      channel.committer.start(channel.tick(3));
      const lane = await channel.openWriter();
      await lane.submit(channel.tick(3));
      await channel.read(reader, channel.tick(3));
      equal(reader.oldest(), channel.tick(3), "the oldest tick");
      equal(channel.committer.counters().committed, 1, "ticks committed");
    },
  },
  {
    id: "bus/repeats-refer-to-the-same-picture",
    reason:
      "A picture shown for several ticks costs no copy, and readers skip work for pictures that they know.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      const picture = await lane.loan();
      paint(picture, channel.first);
      await lane.submit(channel.first, { picture });
      await lane.submit(channel.tick(1), { picture, meta: { repeat: true } });
      picture.release();
      await lane.submit(channel.tick(2));
      const [shown, again, other] = [
        await channel.read(reader, channel.first),
        await channel.read(reader, channel.tick(1)),
        await channel.read(reader, channel.tick(2)),
      ];
      equal(again.pictureId, shown.pictureId, "the repeat's picture");
      ensure(other.pictureId !== shown.pictureId, "another picture has another id");
      equal(unlike(again.picture, shadeOf(channel.first)), undefined, "the repeat's pixels");
    },
  },
  {
    id: "bus/picture-ids-are-never-used-again",
    reason: "A reader that caches by picture id shows an old picture when a reused buffer keeps its id.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      const seen = new Set<string>();
      const count = benchPoolSize * 3;
      for (let n = 0; n < count; n++) {
        await lane.play(channel.tick(n), 1);
        const read = await channel.read(reader, channel.tick(n));
        ensure(!seen.has(read.pictureId), `the id of tick ${n} is new`);
        seen.add(read.pictureId);
      }
    },
  },
  {
    id: "bus/readable-pictures-are-not-lent-again",
    reason:
      "The worker releases a buffer as soon as it has submitted it: as long as a slot shows it, nobody may draw on it.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      await lane.play(channel.first, 6);
      const reads = [];
      for (let n = 0; n < 6; n++) reads.push(await channel.read(reader, channel.tick(n)));
      for (let n = 6; n < benchPoolSize; n++) paint(await lane.loan(), channel.tick(-1));
      for (const read of reads) {
        equal(unlike(read.picture, shadeOf(read.tick)), undefined, `the pixels of tick ${read.tick}`);
        equal(read.release(), "intact", `the verdict on tick ${read.tick}`);
      }
    },
  },
  {
    id: "bus/history-stays-readable",
    reason:
      "Readers are promised historyTicks after a tick's time; less turns every small hiccup into a lost picture.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      const count = 4 * (benchLeadTicks + benchHistoryTicks);
      await lane.play(channel.first, count);
      // As far ahead as the lead allows: now the ring is as full as it gets.
      const now = bench.grid.tickAtOrBefore(bench.clock.now());
      for (let at = channel.tick(count); at <= now + benchLeadTicks; at = tickAfter(at, 1))
        await lane.submit(at);
      await channel.committed(tickAfter(now, benchLeadTicks));
      const kept = tickAfter(now, -benchHistoryTicks);
      ensure(reader.oldest() <= kept, `tick ${kept} is held; the oldest is ${reader.oldest()}`);
      const read = await channel.read(reader, kept);
      equal(unlike(read.picture, shadeOf(kept)), undefined, "its pixels");
    },
  },
  {
    id: "bus/loans-have-the-program-format",
    reason:
      "Conformers write whole rows at the stride they are given: too small a plane is memory corruption.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const picture = await lane.loan();
      const planes = planesOf(benchFormat.pixelFormat);
      equal(picture.planes.length, planes.length, "planes");
      for (const [i, plane] of planes.entries()) {
        const stride = picture.strides[i] ?? 0;
        equal(stride % 64, 0, `the stride of plane ${i}, beyond a multiple of 64`);
        ensure(stride >= rowBytes(plane, benchFormat.width), `plane ${i} has room for its rows`);
        const rows = rowsOf(plane, benchFormat.height);
        ensure((picture.planes[i]?.length ?? 0) >= stride * rows, `plane ${i} has ${rows} rows`);
      }
    },
  },
  {
    id: "bus/loan-waits-while-the-pool-is-empty",
    reason:
      "The pool is sized from the spec and bounds the worker: more would be memory that nobody counted.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const held = [];
      for (let n = 0; n < benchPoolSize; n++) held.push(await lane.loan());
      equal(new Set(held.map((picture) => picture.index)).size, benchPoolSize, "different buffers on loan");
      let lent = false;
      const waiting = awaitedLater(
        lane.loan().then((picture) => {
          lent = true;
          return picture;
        }),
      );
      // A commit that is seen proves that the other side has been at work meanwhile.
      await lane.submit(channel.first, { picture: "black" });
      await channel.committed(channel.first);
      ensure(!lent, "one loan more than the pool has is pending");
      held[3]?.release();
      equal((await waiting).index, held[3]?.index, "the buffer that was given back");
    },
  },
  {
    id: "bus/aborted-loan-lends-nothing",
    reason:
      "A loan that was given up by its caller is never given back: each one would shrink the pool for ever.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const aborted = AbortSignal.abort();
      for (let n = 0; n < benchPoolSize; n++) {
        const error = await lane.writer.loan(aborted).catch((thrown: unknown) => thrown);
        ensure(PlayoutError.is(error, "Cancelled"), "a loan with an aborted signal is cancelled");
      }
      const held = [];
      for (let n = 0; n < benchPoolSize; n++) held.push(await lane.loan());
      const abort = new AbortController();
      const waiting = lane.writer.loan(abort.signal).catch((thrown: unknown) => thrown);
      abort.abort();
      ensure(PlayoutError.is(await waiting, "Cancelled"), "an aborted wait is cancelled");
      held[0]?.release();
      equal((await lane.loan()).index, held[0]?.index, "the buffer that was given back");
    },
  },
  {
    id: "bus/unused-loans-go-back",
    reason:
      "A decode that failed releases its buffer unsubmitted, sometimes twice: none may be lost, none lent twice.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      for (let n = 0; n < 3 * benchPoolSize; n++) {
        const picture = await lane.loan();
        picture.release();
        picture.release();
      }
      const held = [];
      for (let n = 0; n < benchPoolSize; n++) held.push(await lane.loan());
      equal(new Set(held.map((picture) => picture.index)).size, benchPoolSize, "different buffers on loan");
    },
  },
];
