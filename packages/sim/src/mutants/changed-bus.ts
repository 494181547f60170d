import type { BusSpec, FrameBus, FrameLease, FrameReader, Overrun } from "@retrovue/core";

/** What may be changed of a bus. */
export interface BusChanges {
  readonly spec?: (spec: BusSpec) => BusSpec;
  readonly reader?: (reader: FrameReader) => Partial<FrameReader>;
}

/** A bus that is made, or read, in another way. */
export const changedBus = (bus: FrameBus, { spec, reader }: BusChanges): FrameBus => ({
  create: (given, signal) => bus.create(spec?.(given) ?? given, signal),
  openWriter: (...args) => bus.openWriter(...args),
  openReader: async (...args) => {
    const inner = await bus.openReader(...args);
    return { ...forwarded(inner), ...reader?.(inner) };
  },
  memoryBytes: (given) => bus.memoryBytes(given),
});

/** A bus whose readers are given something else than they read. */
export const changedReads = (
  bus: FrameBus,
  change: (read: FrameLease | Overrun) => FrameLease | Overrun,
): FrameBus =>
  changedBus(bus, {
    reader: (reader) => ({
      at: async (tick, signal) => change(await reader.at(tick, signal)),
      next: async (signal) => change(await reader.next(signal)),
    }),
  });

/** A lease that says, or does, something else in these points. */
export const changedLease = (lease: FrameLease, change: Partial<FrameLease>): FrameLease => ({
  overrun: false,
  tick: lease.tick,
  time: lease.time,
  meta: lease.meta,
  picture: lease.picture,
  pictureId: lease.pictureId,
  sampleStart: lease.sampleStart,
  samples: lease.samples,
  copySound: (into, offset) => lease.copySound(into, offset),
  release: () => lease.release(),
  ...change,
});

const forwarded = (reader: FrameReader): FrameReader => ({
  format: reader.format,
  at: (tick, signal) => reader.at(tick, signal),
  next: (signal) => reader.next(signal),
  head: () => reader.head(),
  oldest: () => reader.oldest(),
  mapping: () => reader.mapping(),
  [Symbol.asyncDispose]: () => Promise.resolve(reader[Symbol.asyncDispose]()),
});
