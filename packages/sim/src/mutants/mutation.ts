import type {
  ChannelSettings,
  Conformer,
  DecoderChooser,
  DecoderFactory,
  FrameBus,
  FrameWriter,
  Quarantine,
  Timeline,
  WorkerHost,
} from "@retrovue/core";

/**
 * Where a channel can be broken on purpose: each hook gets a part and gives back what is used instead. The identity is the
 * channel as it ships.
 */
export interface Mutation {
  readonly name: string;
  timeline(timeline: Timeline): Timeline;
  writer(writer: FrameWriter): FrameWriter;
  decoder(factory: DecoderFactory): DecoderFactory;
  chooser(chooser: DecoderChooser): DecoderChooser;
  conformer(conformer: Conformer): Conformer;
  settings(settings: ChannelSettings): ChannelSettings;
  quarantine(quarantine: Quarantine): Quarantine;
  workers(workers: WorkerHost): WorkerHost;
  bus(bus: FrameBus): FrameBus;
}

/** Leaves all as it is. */
export const untouched: Mutation = Object.freeze({
  name: "as shipped",
  timeline: (timeline) => timeline,
  writer: (writer) => writer,
  decoder: (factory) => factory,
  chooser: (chooser) => chooser,
  conformer: (conformer) => conformer,
  settings: (settings) => settings,
  quarantine: (quarantine) => quarantine,
  workers: (workers) => workers,
  bus: (bus) => bus,
} satisfies Mutation);
