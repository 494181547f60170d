import type { FrameWriter, Nanoseconds, SampleIndex, Tick } from "@retrovue/core";
import { changedBus, changedLease, changedReads } from "./changed-bus.js";
import { type Mutant, mutant } from "./mutation.js";

/** Of so many loans one is not given back. */
const leakEvery = 40;

/** What goes wrong only now and then does so once in so many ticks. */
const everyTicks = 500;

function leakyLane(writer: FrameWriter): FrameWriter {
  let loans = 0;
  return {
    loan: async (signal) => {
      const buffer = await writer.loan(signal);
      loans += 1;
      if (loans % leakEvery === 0) {
        // An extra loan, kept.
        await writer.loan(signal);
      }
      return buffer;
    },
    submit: (...args) => writer.submit(...args),
    onRefused: (listener) => writer.onRefused(listener),
    head: () => writer.head(),
    [Symbol.asyncDispose]: () => Promise.resolve(writer[Symbol.asyncDispose]()),
  };
}

/** Buses that do not do as they say, and channels that do not give back what is theirs. */
export const busMutants: readonly Mutant[] = [
  mutant("buffer-leak", "Some picture buffers are not given back.", "memory/buffers-are-bounded", () => ({
    writer: leakyLane,
  })),
  mutant("throwing-bus", "A bus throws where it should answer.", "channel/does-not-throw", () => ({
    bus: (bus) =>
      changedReads(bus, (read) => {
        if (read.tick % everyTicks === 0) throw new Error("There is no such slot.");
        return read;
      }),
  })),
  mutant("guard-too-late", "Stand-ins come when their tick is on air already.", "tick/in-time", () => ({
    bus: (bus) => changedBus(bus, { spec: (spec) => ({ ...spec, guardNs: 0n as Nanoseconds }) }),
  })),
  mutant("skipped-tick", "Now and then a reader is not given the next tick.", "tick/none-missing", () => ({
    bus: (bus) =>
      changedBus(bus, {
        reader: (reader) => ({
          next: async (signal) => {
            const read = await reader.next(signal);
            return read.tick % everyTicks === 0 ? reader.next(signal) : read;
          },
        }),
      }),
  })),
  mutant("share-mistold", "Sound is told to begin a sample later than it does.", "sound/exact-share", () => ({
    bus: (bus) =>
      changedReads(bus, (read) =>
        read.overrun ? read : changedLease(read, { sampleStart: (read.sampleStart + 1) as SampleIndex }),
      ),
  })),
  mutant("sound-ring-too-short", "Sound is gone before its tick is.", "sound/intact", () => ({
    bus: (bus) =>
      changedReads(bus, (read) =>
        read.overrun || read.tick % everyTicks !== 0
          ? read
          : changedLease(read, { copySound: () => "overwritten" }),
      ),
  })),
  mutant(
    "tick-before",
    "A reader that asks for a tick gets the one before it.",
    "reader/gets-what-it-asks-for",
    () => ({
      bus: (bus) =>
        changedBus(bus, {
          reader: (reader) => ({
            at: (tick, signal) => reader.at(tick > reader.oldest() ? ((tick - 1) as Tick) : tick, signal),
          }),
        }),
    }),
  ),
  mutant(
    "untrue-overrun",
    "A reader that lags is told to go on at a tick that is gone.",
    "reader/overrun-told-truly",
    () => ({
      bus: (bus) =>
        changedReads(bus, (read) => (read.overrun ? { ...read, oldest: (read.oldest - 1) as Tick } : read)),
    }),
  ),
  mutant("torn-not-told", "Pixels that were overwritten are called intact.", "reader/torn-is-told", () => ({
    bus: (bus) =>
      changedReads(bus, (read) => (read.overrun ? read : changedLease(read, { release: () => "intact" }))),
  })),
];
