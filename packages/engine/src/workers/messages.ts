import {
  type AssetInfo,
  type ChannelEvent,
  type ClockMapping,
  type DecoderChangeReason,
  decoderChangeReasons,
  type ErrorCode,
  errorCodeNames,
  type LaneTicket,
  type PicturePlanes,
  type Plan,
  PlayoutError,
  type PluginFolders,
  type Preview,
  type ProgramFormat,
  type SegmentPlace,
  type SourceFailure,
  standInReasons,
  type Tick,
} from "@retrovue/core";
import { z } from "zod";
import type { DecoderUse } from "../plugins/decoder-set.js";
import type { PluginUse } from "../plugins/load-plugin.js";
import type { ChannelProfile } from "./channel-worker.js";
import type { Bar } from "./shared-quarantine.js";
import {
  type Count,
  countShape,
  countsMax,
  histogramsMax,
  type Observations,
  observationsShape,
} from "./worker-counts.js";

/*
 * What engine and worker processes say to one another, as structured clones over a pipe (processes/message-pipe.ts): plain values,
 * bigint included. A worker handles files that may be hostile, so what it says is checked in every field; what the engine says
 * is checked in form. A message that is not understood ends the worker.
 */

/** All that a worker loads before it knows its channel: a spare has done so already. */
export interface Preparation {
  readonly frameBus: PluginUse & { readonly port: "frameBus" };
  readonly decoders: readonly DecoderUse[];
  readonly conformer: PluginUse & { readonly port: "conformer" };
  /** Of the configuration file. */
  readonly folder: string;
  readonly mediaRoots: readonly string[];
  readonly protocols: readonly string[];
  /** Where plugins keep things, each in a folder of its own below; undefined: nowhere. */
  readonly folders?: PluginFolders | undefined;
  readonly mapping: ClockMapping;
}

/** A worker's channel, and what it is to do there. */
export interface ProcessOrder {
  readonly profile: ChannelProfile;
  readonly lane: LaneTicket;
  readonly plan: Plan;
  readonly from: Tick;
  readonly continues: boolean;
  readonly bars: readonly Bar[];
  readonly preview?: Preview | undefined;
}

const tick = z.int().transform((value) => value as Tick);
const text = (max: number) => z.string().max(max);
const uri = text(4_096);

const segmentShape = z.object({
  id: text(32),
  kind: z.enum(["content", "filler", "pad"]),
  asset: z.object({ uri, title: text(256).optional() }).optional(),
  inPoint: z.bigint(),
  duration: z.bigint(),
  start: z.bigint().optional(),
  gainDb: z.number(),
  fadeInNs: z.bigint(),
  fadeOutNs: z.bigint(),
  aspect: z.enum(["preserve", "stretch", "crop"]).optional(),
  labels: z.record(text(64), text(1_024)),
});
const planShape = z.object({
  revision: z.int().min(1),
  start: z.bigint(),
  segments: z.array(segmentShape).min(1).max(20_000),
  end: z.enum(["pad", "loop"]),
});
const placeShape = z.object({
  in: z.literal("segment"),
  segment: segmentShape,
  index: z.int(),
  round: z.int(),
  first: z.int(),
  end: z.int(),
  anchor: z.object({ first: z.int(), inPoint: z.bigint() }),
});
/** The form of a clock's mapping. */
export const mappingShape = z.object({
  sequence: z.int(),
  monoAnchor: z.bigint(),
  houseAnchor: z.bigint(),
  ratePpb: z.int(),
});

/** A value of a type of the core's whose form was checked: zod's own output would lose brands and exact options. */
export const shaped = <T>(shape: z.ZodType) => z.custom<T>((value) => shape.safeParse(value).success);

const preview = shaped<Preview>(
  z.object({
    segmentId: text(32),
    asset: z.object({ uri, title: text(256).optional() }),
    inPoint: z.bigint(),
  }),
).optional();

const bar = z.object({
  uri,
  decoderIndex: z.int().min(0),
  until: shaped<Bar["until"]>(z.bigint().optional()),
});
const preparation = z.object({
  frameBus: shaped<Preparation["frameBus"]>(z.object({ use: z.string() })),
  decoders: z.array(shaped<Preparation["decoders"][number]>(z.object({ use: z.string() }))),
  conformer: shaped<Preparation["conformer"]>(z.object({ use: z.string() })),
  folder: z.string(),
  mediaRoots: z.array(z.string()),
  protocols: z.array(z.string()),
  folders: z.object({ state: z.string(), machine: z.string() }).optional(),
  mapping: shaped<ClockMapping>(mappingShape),
});
const order = z.object({
  profile: shaped<ChannelProfile>(
    z.object({ channelId: z.int(), languages: z.array(z.string()), directReferences: z.int().min(0) }),
  ),
  lane: shaped<LaneTicket>(z.object({ lane: z.int(), path: z.string() })),
  plan: shaped<Plan>(planShape),
  from: tick,
  continues: z.boolean(),
  bars: z.array(bar),
  preview,
});

const toWorkerSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("prepare"), preparation }),
  z.object({ kind: z.literal("order"), order }),
  z.object({ kind: z.literal("plan"), plan: shaped<Plan>(planShape) }),
  z.object({ kind: z.literal("preview"), preview }),
  z.object({ kind: z.literal("hold"), id: z.int() }),
  z.object({ kind: z.literal("release") }),
  z.object({ kind: z.literal("bar"), bar }),
  z.object({ kind: z.literal("mapping"), mapping: shaped<ClockMapping>(mappingShape) }),
  z.object({ kind: z.literal("inspect"), id: z.int(), uri }),
  z.object({
    kind: z.literal("still"),
    id: z.int(),
    uri,
    format: shaped<ProgramFormat>(z.object({ width: z.int(), height: z.int(), pixelFormat: z.string() })),
  }),
  z.object({ kind: z.literal("stop") }),
]);

/** From the engine to a worker. */
export type ToWorker = z.infer<typeof toWorkerSchema>;

/** The form of an error. */
export const plainError = z.object({
  code: z.enum(errorCodeNames as [ErrorCode, ...ErrorCode[]]),
  what: text(8_192),
  remedy: text(2_048).optional(),
});
/** An error as it crosses. */
export type PlainError = z.infer<typeof plainError>;

const failure = z.object({
  asset: z.object({ uri, title: text(256).optional() }),
  error: plainError,
  reason: z.enum(
    Object.keys(standInReasons) as [keyof typeof standInReasons, ...(keyof typeof standInReasons)[]],
  ),
  decoderIndex: z.int().optional(),
  retry: z.object({ afterNs: z.bigint(), exhausted: z.boolean() }).optional(),
});
const decoderName = z.object({ index: z.int().min(0), name: text(4_096) });
const event = z.discriminatedUnion("type", [
  z.object({ type: z.literal("worker-began"), tick }),
  z.object({
    type: z.literal("segment-began"),
    tick,
    place: shaped<SegmentPlace>(placeShape),
    ready: z.boolean(),
  }),
  z.object({
    type: z.literal("preparation"),
    segmentId: text(32),
    first: tick.optional(),
    state: z.enum(["preparing", "primed", "failed"]),
    failure: failure.optional(),
  }),
  z.object({ type: z.literal("source-failed"), tick, failure }),
  z.object({
    type: z.literal("decoder-changed"),
    tick,
    uri,
    segmentId: text(32),
    from: decoderName,
    to: decoderName,
    reason: z.enum(Object.keys(decoderChangeReasons) as [DecoderChangeReason, ...DecoderChangeReason[]]),
    wasAtWork: z.boolean(),
    error: plainError,
  }),
  z.object({ type: z.literal("decoder-on-air"), tick, decoderIndex: z.int().min(0).optional() }),
  z.object({ type: z.literal("corrected"), tick, uri }),
  z.object({ type: z.literal("decoder-stuck"), uri, decoderIndex: z.int().min(0) }),
  z.object({ type: z.literal("ticks-skipped"), from: tick, ticks: z.int().min(0) }),
]);

/** What every process of the engine's may say, whatever its work. */
export const saidByAll = [
  z.object({ kind: z.literal("prepared") }),
  z.object({ kind: z.literal("failed"), error: plainError }),
  z.object({
    kind: z.literal("log"),
    level: z.enum(["debug", "info", "warn", "error"]),
    plugin: text(4_096),
    message: text(8_192),
    fields: z.record(text(256), z.unknown()),
  }),
] as const;

const rate = z.object({ num: z.int().min(1), den: z.int().min(1) });
const assetInfoShape = z.object({
  uri,
  container: text(256),
  duration: z.bigint().min(0n).optional(),
  picture: z
    .object({
      codec: text(64),
      format: z.object({ width: z.int().min(1), height: z.int().min(1), pixelFormat: text(32) }),
      nominalRate: rate.optional(),
      still: z.boolean().optional(),
    })
    .optional(),
  sound: z
    .object({
      codec: text(64),
      sampleRate: z.int().min(1),
      channels: z.int().min(1),
      layout: text(256),
      language: text(64).optional(),
    })
    .optional(),
});
const candidateShape = z.object({
  name: text(256),
  index: z.int().min(0),
  score: z.number().min(0).max(100),
  reason: text(4_096),
});
/** One plane of the largest channel, 16 bits a sample, is 128 MiB; there are three. */
const planeBytesMax = 128 * 1_024 * 1_024;
/** A still of the largest channel, and what stands around it. */
export const stillBytesMax = 3 * planeBytesMax + 65_536;
const pictureShape = z.object({
  planes: z.array(z.instanceof(Uint8Array).refine(({ length }) => length <= planeBytesMax)).max(4),
  strides: z.array(z.int().min(1)).max(4),
});

const fromWorkerSchema = z.discriminatedUnion("kind", [
  ...saidByAll,
  z.object({ kind: z.literal("event"), event }),
  z.object({
    kind: z.literal("metrics"),
    counts: z.array(shaped<Count>(countShape)).max(countsMax),
    observations: z.array(shaped<Observations>(observationsShape)).max(histogramsMax),
  }),
  z.object({ kind: z.literal("alive"), isOpen: z.boolean() }),
  z.object({ kind: z.literal("held"), id: z.int(), tick: tick.optional() }),
  z.object({
    kind: z.literal("inspected"),
    id: z.int(),
    info: shaped<AssetInfo>(assetInfoShape).optional(),
    /** Who would play it, by its plugin's name. */
    decoder: text(256).optional(),
    /** Every decoder's answer, best first. */
    candidates: z.array(candidateShape).max(64).default([]),
    error: plainError.optional(),
  }),
  z.object({
    kind: z.literal("still"),
    id: z.int(),
    picture: shaped<PicturePlanes>(pictureShape).optional(),
    error: plainError.optional(),
  }),
]);

/** From a worker to the engine. */
export type FromWorker = z.infer<typeof fromWorkerSchema>;

/** Checks a message from the engine. `InvalidArgument` naming what is wrong. */
export const readToWorker = (message: unknown): ToWorker => readMessage(toWorkerSchema, message, "engine");

/** Checks a message from a worker. `InvalidArgument` naming what is wrong. */
export const readFromWorker = (message: unknown): FromWorker =>
  readMessage(fromWorkerSchema, message, "worker");

/** Checks a message against its form. `InvalidArgument` naming what is wrong; an error instead of a message, which no clone is, is thrown. */
export function readMessage<T>(schema: z.ZodType<T>, message: unknown, from: string): T {
  if (PlayoutError.is(message)) throw message;
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  const why = z.prettifyError(parsed.error).split("\n").slice(0, 4).join(" ");
  throw new PlayoutError("InvalidArgument", `A message of the ${from} is not understood: ${why}`);
}

/** An error as it may cross. */
export function toPlainError(thrown: unknown): PlainError {
  const { code, what, remedy } = PlayoutError.from(thrown);
  return {
    code,
    what: what.slice(0, 8_192),
    ...(remedy !== undefined && { remedy: remedy.slice(0, 2_048) }),
  };
}

/** The error that crossed. */
export const fromPlainError = ({ code, what, remedy }: PlainError): PlayoutError =>
  new PlayoutError(code, what, remedy === undefined ? {} : { remedy });

/** A channel's event as it may cross: errors as plain values, everything else as it is. */
export function toPlainEvent(told: ChannelEvent): Extract<FromWorker, { kind: "event" }>["event"] {
  if (told.type === "preparation") return { ...told, failure: told.failure && toPlainFailure(told.failure) };
  if (told.type === "decoder-changed") return { ...told, error: toPlainError(told.error) };
  if (told.type !== "source-failed") return told;
  return { type: told.type, tick: told.tick, failure: toPlainFailure(told.failure) };
}

const toPlainFailure = ({ asset, error, reason, decoderIndex, retry }: SourceFailure) => ({
  asset: { ...asset },
  error: toPlainError(error),
  reason,
  decoderIndex,
  retry: retry && { ...retry },
});

/** The event that crossed. */
export function fromPlainEvent(told: Extract<FromWorker, { kind: "event" }>["event"]): ChannelEvent {
  if (told.type === "decoder-changed") return { ...told, error: fromPlainError(told.error) };
  if (!("failure" in told) || told.failure === undefined) return told as ChannelEvent;
  return { ...told, failure: { ...told.failure, error: fromPlainError(told.failure.error) } } as ChannelEvent;
}
