import type { FrameBus, FrameLease, FrameReader, FrameWriter, Overrun, Tick } from "@retrovue/core";
import { type Mutant, mutant } from "./mutation.js";

/** Of so many loans one is not given back. */
const leakEvery = 40;

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

/** Tells overrun readers a tick that is gone as well. */
const lying = (read: FrameLease | Overrun): FrameLease | Overrun =>
  read.overrun ? { ...read, oldest: (read.oldest - 1) as Tick } : read;

const lyingReader = (reader: FrameReader): FrameReader => ({
  format: reader.format,
  at: async (tick, signal) => lying(await reader.at(tick, signal)),
  next: async (signal) => lying(await reader.next(signal)),
  head: () => reader.head(),
  oldest: () => reader.oldest(),
  mapping: () => reader.mapping(),
  [Symbol.asyncDispose]: () => Promise.resolve(reader[Symbol.asyncDispose]()),
});

const lyingBus = (bus: FrameBus): FrameBus => ({
  create: (...args) => bus.create(...args),
  openWriter: (...args) => bus.openWriter(...args),
  openReader: async (...args) => lyingReader(await bus.openReader(...args)),
  memoryBytes: (spec) => bus.memoryBytes(spec),
});

/** Buses that do not do as they say, and channels that do not give back what is theirs. */
export const busMutants: readonly Mutant[] = [
  mutant("buffer-leak", "Some picture buffers are not given back.", "memory/buffers-are-bounded", () => ({
    writer: leakyLane,
  })),
  mutant(
    "untrue-overrun",
    "A reader that lags is told to go on at a tick that is gone.",
    "reader/overrun-told-truly",
    () => ({
      bus: lyingBus,
    }),
  ),
];
