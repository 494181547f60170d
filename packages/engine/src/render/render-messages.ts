import type { ClockMapping, RendererCounters } from "@retrovue/core";
import { z } from "zod";
import type { PluginUse } from "../plugins/load-plugin.js";
import { mappingShape, plainError, readMessage, saidByAll, shaped } from "../workers/messages.js";
import type { RenderTask } from "./render-job.js";

/*
 * What engine and render processes say to one another, as structured clones over a pipe (processes/message-pipe.ts). The stream itself
 * goes through a pipe of its own (chunk-frames.ts).
 */

/** All that a render process loads and does. */
export interface RenderOrder {
  readonly frameBus: PluginUse & { readonly port: "frameBus" };
  readonly renderer: PluginUse & { readonly port: "renderer" };
  /** Of the configuration file. */
  readonly folder: string;
  readonly mapping: ClockMapping;
  readonly task: RenderTask;
}

const useShape = z.object({ use: z.string() });
const order = z.object({
  frameBus: shaped<RenderOrder["frameBus"]>(useShape),
  renderer: shaped<RenderOrder["renderer"]>(useShape),
  folder: z.string(),
  mapping: shaped<ClockMapping>(mappingShape),
  task: shaped<RenderTask>(z.object({ bus: z.object({ engineId: z.string(), channelId: z.int() }) })),
});

const toRenderSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("order"), order }),
  z.object({ kind: z.literal("mapping"), mapping: shaped<ClockMapping>(mappingShape) }),
  z.object({ kind: z.literal("snapshot"), id: z.int() }),
  z.object({ kind: z.literal("stop") }),
]);

/** A still of a channel is far smaller; a process that sends more is at fault. */
const snapshotBytesMax = 32 * 1_024 * 1_024;

const count = z.int().min(0);
const counters = z.object({
  encodedFrames: count,
  missedTicks: count,
  lateTicks: count,
  tornTicks: count,
  bytes: count,
  droppedChunks: count,
  opens: count,
  overflows: count.optional(),
  timingFaults: count.optional(),
  isRealtime: z.boolean().optional(),
  encodeLatency: z.object({ buckets: z.array(count).max(64), sumNs: z.number().min(0) }),
  frameGapNs: z.number(),
});

const fromRenderSchema = z.discriminatedUnion("kind", [
  ...saidByAll,
  z.object({
    kind: z.literal("snapshot"),
    id: z.int(),
    jpeg: shaped<Uint8Array>(z.instanceof(Uint8Array).refine(({ length }) => length <= snapshotBytesMax)),
  }),
  z.object({ kind: z.literal("no-snapshot"), id: z.int(), error: plainError }),
  z.object({ kind: z.literal("counters"), counters: shaped<RendererCounters>(counters) }),
  z.object({ kind: z.literal("dropped"), groups: z.int().min(1) }),
]);

/** From the engine to a render process. */
export type ToRender = z.infer<typeof toRenderSchema>;

/** From a render process to the engine. */
export type FromRender = z.infer<typeof fromRenderSchema>;

/** Checks a message from the engine. `InvalidArgument` naming what is wrong. */
export const readToRender = (message: unknown): ToRender => readMessage(toRenderSchema, message, "engine");

/** Checks a message from a render process. `InvalidArgument` naming what is wrong. */
export const readFromRender = (message: unknown): FromRender =>
  readMessage(fromRenderSchema, message, "render process");
