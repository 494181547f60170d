import { type Nanoseconds, PlayoutError } from "@retrovue/core";
import { awaitedLater, ensure, equal, eventually, rejects } from "../framework/check.js";
import type { Rule } from "../framework/rule.js";
import {
  type BusBench,
  benchHistoryTicks,
  benchLeadTicks,
  benchPoolSize,
  lease,
  overrun,
  shadeOf,
  unlike,
} from "./bus-bench.js";

/** Enough ticks to lap any ring of the bench's spec. */
const lapTicks = 4 * (benchLeadTicks + benchHistoryTicks);

/** What readers may rely on. */
export const readRules: readonly Rule<BusBench>[] = [
  {
    id: "bus/at-waits-for-its-tick",
    reason: "A reader waits for the tick it wants; an early answer is a picture that was never on air.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      let answered = false;
      const waiting = awaitedLater(
        reader.at(channel.tick(1), channel.signal).then((read) => {
          answered = true;
          return read;
        }),
      );
      await lane.submit(channel.first);
      await channel.committed(channel.first);
      ensure(!answered, "the tick before does not answer it");
      await lane.submit(channel.tick(1));
      equal(lease(await waiting).tick, channel.tick(1), "the tick answered");
    },
  },
  {
    id: "bus/aborted-wait-does-no-harm",
    reason:
      "Readers give up and come back all day: an aborted wait is Cancelled or Timeout, and the reader goes on.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      await rejects(reader.at(channel.first, AbortSignal.abort()), "Cancelled", "at, aborted before");
      await rejects(reader.next(AbortSignal.timeout(1)), "Timeout", "next, out of time");
      const abort = new AbortController();
      const waiting = rejects(
        reader.at(channel.first, abort.signal),
        "Cancelled",
        "at, aborted while it waits",
      );
      abort.abort();
      await waiting;
      await lane.submit(channel.first);
      equal(lease(await reader.next(channel.signal)).tick, channel.first, "the next tick");
    },
  },
  {
    id: "bus/a-second-wait-is-refused",
    reason:
      "A reader waits for one tick at a time: a call that is neither answered nor refused hangs for ever.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      const waiting = awaitedLater(reader.at(channel.first, channel.signal));
      await rejects(reader.at(channel.tick(1), channel.signal), "WrongState", "at, while it waits");
      await rejects(reader.next(channel.signal), "WrongState", "next, while it waits");
      await lane.submit(channel.first);
      equal(lease(await waiting).tick, channel.first, "what the first wait is answered");
      equal(lease(await reader.at(channel.first, channel.signal)).tick, channel.first, "a read after it");
    },
  },
  {
    id: "bus/next-begins-at-the-newest-and-goes-on",
    reason: "A reader that joins wants what is newest, and then every tick once.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      await lane.play(channel.first, 4);
      const reader = await channel.openReader();
      equal(lease(await reader.next(channel.signal)).tick, channel.tick(3), "the newest tick");
      await lane.play(channel.tick(4), 3);
      for (let n = 4; n < 7; n++) {
        equal(lease(await reader.next(channel.signal)).tick, channel.tick(n), "the tick after");
      }
      equal(lease(await reader.at(channel.tick(2), channel.signal)).tick, channel.tick(2), "an older one");
      equal(lease(await reader.next(channel.signal)).tick, channel.tick(3), "the one after that");
    },
  },
  {
    id: "bus/lapped-reader-is-told",
    reason:
      "A reader one lap behind gets an Overrun with the oldest tick: another tick's picture would be a lie.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      await lane.play(channel.first, lapTicks);
      const told = overrun(await reader.at(channel.first, channel.signal));
      equal(told.tick, channel.first, "the tick asked for");
      equal(told.oldest, reader.oldest(), "the oldest tick told");
      equal(told.head, channel.tick(lapTicks - 1), "the head told");
      ensure(told.oldest > channel.first && told.oldest <= told.head, "the oldest tick lies within the ring");
      const read = await channel.read(reader, told.oldest);
      equal(read.tick, told.oldest, "the tick to resync at");
      equal(unlike(read.picture, shadeOf(told.oldest)), undefined, "its pixels");
    },
  },
  {
    id: "bus/next-resumes-after-an-overrun",
    reason: "Readers that retried a dead tick for ever have taken programmes off air (field lesson 50).",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      await lane.play(channel.first, 1);
      await channel.read(reader, channel.first);
      await lane.play(channel.tick(1), lapTicks);
      const told = overrun(await reader.next(channel.signal));
      const read = lease(await reader.next(channel.signal));
      ensure(read.tick >= told.oldest, "next goes on where it was told to");
    },
  },
  {
    id: "bus/lease-says-when-and-what",
    reason: "Timestamps of everything downstream come from the tick; a lease must agree with the house grid.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      await lane.play(channel.first, 6);
      for (let n = 0; n < 6; n++) {
        const read = await channel.read(reader, channel.tick(n));
        equal(read.time, bench.grid.tickTime(channel.tick(n)), "the time of the tick");
        equal(read.sampleStart, bench.grid.sampleAt(channel.tick(n)), "its first sample");
        equal(read.samples, bench.grid.samplesIn(channel.tick(n)), "its samples");
      }
      equal(reader.format.width, channel.spec.format.width, "the format's width");
      equal(reader.format.frameRate, channel.spec.format.frameRate, "the format's frame rate");
    },
  },
  {
    id: "bus/torn-picture-is-told",
    reason:
      "Views are not copies: a reader that held one too long must learn that the pixels may be another tick's.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      await lane.play(channel.first, 2);
      const short = await channel.read(reader, channel.first);
      const long = await channel.read(reader, channel.tick(1));
      equal(short.release(), "intact", "the verdict on a short hold");
      await lane.play(channel.tick(2), lapTicks + benchPoolSize);
      equal(long.release(), "overwritten", "the verdict after the buffer was used again");
      equal(short.release(), "intact", "a second release");
    },
  },
  {
    id: "bus/verdict-is-about-pixels-not-slots",
    reason:
      "A hold that outlives its slot is fine while nobody draws on the buffer: false alarms make readers drop good pictures.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      const picture = await lane.loan();
      picture.planes[0]?.fill(200);
      await lane.submit(channel.first, { picture });
      const read = await channel.read(reader, channel.first);
      // The same loan is shown all the time, so its slot is used again while its pixels are not.
      await lane.play(channel.tick(1), lapTicks, { picture });
      overrun(await reader.at(channel.first, channel.signal));
      equal(read.release(), "intact", "the verdict");
    },
  },
  {
    id: "bus/stopped-reader-holds-nothing-up",
    reason: "A reader that stops, lags or dies changes nothing for anyone.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const stopped = await channel.openReader("stopped");
      await lane.play(channel.first, 4);
      for (let n = 0; n < 4; n++) await channel.read(stopped, channel.tick(n));
      await lane.play(channel.tick(4), lapTicks);
      equal(channel.committer.counters().standIns, { hold: 0, slate: 0, black: 0 }, "stand-ins");
      equal(lane.refusals, [], "refusals");
    },
  },
  {
    id: "bus/mapping-reaches-readers",
    reason: "Readers pace themselves by the channel's house time, which they know from the bus alone.",
    check: async (bench) => {
      const channel = await bench.start();
      const reader = await channel.openReader();
      equal(reader.mapping(), channel.spec.mapping, "the mapping that the bus was made with");
      bench.moveTo((bench.clock.now() + 1_000n) as Nanoseconds);
      const wanted = bench.clock.mapping();
      const arrived = () => (reader.mapping().sequence === wanted.sequence ? true : undefined);
      await eventually(arrived, "The new mapping", channel.signal);
      equal(reader.mapping(), wanted, "the new mapping");
    },
  },
  {
    id: "bus/readers-are-listed",
    reason: "Operators find the reader that lags by its name, place and overruns.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader("multiviewer");
      await channel.openReader("captions");
      await lane.play(channel.first, lapTicks);
      await channel.read(reader, channel.tick(lapTicks - 2));
      overrun(await reader.at(channel.first, channel.signal));
      const entry = () => channel.committer.readers().find((it) => it.name === "multiviewer");
      await eventually(() => (entry()?.overruns === 1 ? true : undefined), "The overrun", channel.signal);
      equal(channel.committer.readers().length, 2, "readers");
      await channel.read(reader, channel.tick(lapTicks - 1));
      const moved = () => (entry()?.cursor === channel.tick(lapTicks - 1) ? true : undefined);
      await eventually(moved, "The cursor", channel.signal);
      await reader[Symbol.asyncDispose]();
      await eventually(
        () => (entry() === undefined ? true : undefined),
        "The reader's leaving",
        channel.signal,
      );
    },
  },
  {
    id: "bus/unknown-bus-is-not-found",
    reason: "Readers may come before the channel: BusNotFound tells them to try again later.",
    check: async (bench) => {
      const channel = await bench.create();
      const other = { engineId: channel.spec.engineId, channelId: 99 };
      const error = await rejects(
        bench.bus.openReader(other, {}, bench.signal),
        "BusNotFound",
        "another channel",
      );
      ensure(PlayoutError.is(error) && error.entry.retryable, "it may be tried again");
    },
  },
];
