import {
  type BusSpec,
  type Clock,
  type Committer,
  type FrameBus,
  type FrameLease,
  type FrameReader,
  type FrameWriter,
  MemoryFrameBus,
  type Overrun,
  type PictureBuffer,
} from "@retrovue/core";
import { BusBench } from "../../src/frame-bus/bus-bench.js";
import type { Mutant, RuleId } from "../../src/index.js";
import { overlay } from "../overlay.js";

/** Where a memory bus is broken. Each part gets the sound one and answers what it does differently. */
export interface Breakage {
  readonly bus?: (bus: FrameBus) => Partial<FrameBus>;
  readonly committer?: (committer: Committer, spec: BusSpec) => Partial<Committer>;
  readonly writer?: (writer: FrameWriter, lane: number) => Partial<FrameWriter>;
  readonly loan?: (loan: PictureBuffer) => Partial<PictureBuffer>;
  readonly reader?: (reader: FrameReader) => Partial<FrameReader>;
  readonly lease?: (lease: FrameLease) => Partial<FrameLease>;
  readonly clock?: (clock: Clock) => Partial<Clock>;
}

/** A memory bus with something broken in it; with an empty breakage, a sound one. */
export function brokenBus(clock: Clock, breakage: Breakage): FrameBus {
  const sound = new MemoryFrameBus({ clock: breakage.clock ? overlay(clock, breakage.clock(clock)) : clock });
  const bus = overlay<FrameBus>(sound, breakage.bus?.(sound) ?? {});
  return overlay<FrameBus>(bus, {
    create: async (spec, signal) => {
      const committer = await bus.create(spec, signal);
      return overlay(committer, breakage.committer?.(committer, spec) ?? {});
    },
    openWriter: async (ticket, signal) => {
      const writer = withLoans(await bus.openWriter(ticket, signal), breakage);
      return overlay(writer, breakage.writer?.(writer, ticket.lane) ?? {});
    },
    openReader: async (address, options, signal) => {
      const reader = withLeases(await bus.openReader(address, options, signal), breakage);
      return overlay(reader, breakage.reader?.(reader) ?? {});
    },
  });
}

/** The mutants of a table: name, rules, breakage made anew for each bench. */
export const busMutant = (
  name: string,
  breaks: readonly RuleId[],
  breakage: () => Breakage,
): Mutant<BusBench> => ({
  name,
  breaks,
  setUp: (signal) => BusBench.open((clock) => brokenBus(clock, breakage()), signal),
});

function withLeases(reader: FrameReader, { lease }: Breakage): FrameReader {
  if (lease === undefined) return reader;
  const broken = (read: FrameLease | Overrun) => (read.overrun ? read : overlay(read, lease(read)));
  return overlay(reader, {
    at: async (tick, signal) => broken(await reader.at(tick, signal)),
    next: async (signal) => broken(await reader.next(signal)),
  });
}

/** The bus knows its own loans by identity, so broken ones are handed back as what they were. */
function withLoans(writer: FrameWriter, { loan }: Breakage): FrameWriter {
  if (loan === undefined) return writer;
  const originals = new WeakMap<PictureBuffer, PictureBuffer>();
  return overlay(writer, {
    loan: async (signal) => {
      const original = await writer.loan(signal);
      const broken = overlay(original, loan(original));
      originals.set(broken, original);
      return broken;
    },
    submit: (tick, picture, sound, meta) => {
      const original = typeof picture === "string" ? picture : (originals.get(picture) ?? picture);
      writer.submit(tick, original, sound, meta);
    },
  });
}
