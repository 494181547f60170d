import { standInReasons } from "@retrovue/core";
import { z } from "zod";

/** The form of the lines; another one is not read. */
export const asRunVersion = 1;

const tick = z.int().min(0);
const reasons = Object.keys(standInReasons) as [keyof typeof standInReasons];
const kind = z.enum(["hold", "slate", "black"]);
const reason = z.enum(reasons);

const segment = z.object({
  id: z.string(),
  index: z.int(),
  kind: z.string(),
  uri: z.string().optional(),
  title: z.string().optional(),
  labels: z.record(z.string(), z.string()),
});

const common = { v: z.literal(asRunVersion), at: z.string() };
const ofChannel = { ...common, channel: z.int() };

/** One line of the as-run log: docs/contracts/as-run.md. */
export const asRunLineSchema = z.discriminatedUnion("type", [
  z.object({
    ...ofChannel,
    type: z.literal("started"),
    tick,
    name: z.string(),
    engine: z.string(),
    frameRate: z.string().regex(/^\d+\/\d+$/),
    sampleRate: z.int(),
    revision: z.int(),
    source: z.string(),
    by: z.enum(["demand"]).optional(),
  }),
  z.object({
    ...ofChannel,
    type: z.literal("planned"),
    tick,
    revision: z.int(),
    before: z.int(),
    source: z.string(),
    segments: z.int(),
  }),
  z.object({
    ...ofChannel,
    type: z.literal("began"),
    tick,
    revision: z.int(),
    segment,
    round: z.int(),
    first: tick,
    end: tick,
  }),
  z.object({
    ...ofChannel,
    type: z.literal("aired"),
    from: tick,
    end: tick,
    first: tick,
    plannedEnd: tick,
    revision: z.int(),
    segment,
    round: z.int(),
    outcome: z.enum(["completed", "replaced", "stopped"]),
    asPlanned: z.int(),
    standIns: z.array(z.object({ kind, reason, ticks: z.int() })),
    failure: z.object({ code: z.string(), message: z.string() }).optional(),
  }),
  z.object({ ...ofChannel, type: z.literal("stand-in"), from: tick, end: tick, kind, reason }),
  z.object({
    ...ofChannel,
    type: z.literal("worker-replaced"),
    tick,
    cause: z.string(),
    barred: z.array(z.string()),
  }),
  z.object({
    ...ofChannel,
    type: z.literal("stopped"),
    tick,
    by: z.enum(["request", "configuration", "demand", "engine"]).optional(),
  }),
  z.object({ ...common, type: z.literal("lost"), lines: z.int() }),
]);

/** One line of the as-run log. */
export type AsRunLine = z.infer<typeof asRunLineSchema>;

/** A line of one type. */
export type AsRunLineOf<T extends AsRunLine["type"]> = Extract<AsRunLine, { type: T }>;
