import {
  type ChannelSettings,
  type Conformer,
  DecoderChooser,
  type DecoderChooserOptions,
  type DecoderFactory,
  type DisciplinedClock,
  type FrameBus,
  type FrameWriter,
  type HostTime,
  type Quarantine,
  type SupervisorEvent,
  type SystemClock,
  type Timeline,
  type WorkerHost,
} from "@retrovue/core";
import type { RuleName } from "../check/rules.js";

/**
 * Where a channel can be broken on purpose: each hook gets a part (or what it is made of) and gives back what is used instead.
 * What it remembers lives as long as one world.
 */
export interface Mutation {
  host(host: HostTime): HostTime;
  bus(bus: FrameBus): FrameBus;
  workers(workers: WorkerHost): WorkerHost;
  quarantine(quarantine: Quarantine): Quarantine;
  /** What the worker's channel is told. */
  settings(settings: ChannelSettings): ChannelSettings;
  /** What the supervisor is told. */
  supervised(settings: ChannelSettings): ChannelSettings;
  /** Changed in place before anyone has it. */
  clock(clock: SystemClock | DisciplinedClock): void;
  events(hear: (event: SupervisorEvent) => void): (event: SupervisorEvent) => void;
  timeline(timeline: Timeline): Timeline;
  writer(writer: FrameWriter): FrameWriter;
  decoder(factory: DecoderFactory): DecoderFactory;
  chooser(options: DecoderChooserOptions): DecoderChooser;
  conformer(conformer: Conformer): Conformer;
}

/** Leaves all as it is: the channel as it ships. */
export const untouched: Mutation = Object.freeze({
  host: (host) => host,
  bus: (bus) => bus,
  workers: (workers) => workers,
  quarantine: (quarantine) => quarantine,
  settings: (settings) => settings,
  supervised: (settings) => settings,
  clock: () => {},
  events: (hear) => hear,
  timeline: (timeline) => timeline,
  writer: (writer) => writer,
  decoder: (factory) => factory,
  chooser: (options) => new DecoderChooser(options),
  conformer: (conformer) => conformer,
} satisfies Mutation);

/** A channel broken on purpose, and the rule that must notice. */
export interface Mutant {
  readonly name: string;
  /** What is wrong with it, in a sentence. */
  readonly breaks: string;
  /** The rule that must catch it. */
  readonly caughtBy: RuleName;
  /** A new one for each world. */
  make(): Mutation;
}

/** Describes a mutant by the parts that it changes. */
export const mutant = (
  name: string,
  breaks: string,
  caughtBy: RuleName,
  parts: () => Partial<Mutation>,
): Mutant => ({ name, breaks, caughtBy, make: () => ({ ...untouched, ...parts() }) });
