import {
  decoderChangeReasons,
  type MetricKey,
  type MetricLabels,
  type MetricsRecorder,
  metrics,
} from "@retrovue/core";
import { z } from "zod";

/** One counter's increase since the last report. */
export interface Count {
  readonly metric: MetricKey;
  /** A whole number. */
  readonly by: number;
  readonly labels?: MetricLabels;
}

/** What was seen of one histogram since the last report, in the metric's unit. */
export interface Observations {
  readonly metric: MetricKey;
  readonly values: readonly number[];
}

/** Observations in one report; those beyond are lost, which a histogram bears. */
export const observationsMax = 5_000;

/** A counter's increase in one report: ticks that a machine which slept for a year has skipped are more. */
const countMax = 1_000_000_000;

/** Decoders that one channel's workers may name: each name is a series that stays for good. A configuration has 32 at most. */
const decodersMax = 64;
/** What all further ones are counted as. */
const otherDecoder = "other";

/** Metrics of this type that have no label but the channel's, which is never a worker's to say. */
const bareMetrics = (type: "counter" | "histogram") =>
  (Object.keys(metrics) as MetricKey[]).filter(
    (key) => metrics[key].type === type && metrics[key].labels.join() === "channel",
  );

const by = z.int().min(0).max(countMax);
const bareCounters = bareMetrics("counter");
const bareHistograms = bareMetrics("histogram");

/** The form of a count: with the labels that a worker has something to say about, and no others. */
export const countShape = z.union([
  z.strictObject({ metric: z.enum(bareCounters), by }),
  z.strictObject({
    metric: z.literal("restarts"),
    by,
    labels: z.strictObject({ what: z.literal("decoder") }),
  }),
  z.strictObject({
    metric: z.literal("decoderChanges"),
    by,
    labels: z.strictObject({
      decoder: z.string().max(256),
      reason: z.enum(Object.keys(decoderChangeReasons)),
    }),
  }),
]);
/** At most so many in one report. */
export const countsMax = bareCounters.length + 1 + decodersMax * Object.keys(decoderChangeReasons).length;

/** The form of a histogram's observations. */
export const observationsShape = z.strictObject({
  metric: z.enum(bareHistograms),
  values: z.array(z.number()).max(observationsMax),
});
/** At most so many in one report. */
export const histogramsMax = bareHistograms.length;

/** Takes what one channel's workers counted, one after another, into the channel's metrics. */
export class WorkerCounts {
  readonly #metrics: MetricsRecorder;
  readonly #decoders = new Set<string>();

  constructor(recorder: MetricsRecorder) {
    this.#metrics = recorder;
  }

  take(counts: readonly Count[], observations: readonly Observations[]): void {
    for (const { metric, by: increase, labels } of counts)
      this.#metrics.count(metric, increase, labels && this.#bounded(labels));
    for (const { metric, values } of observations)
      for (const value of values) this.#metrics.observe(metric, value);
  }

  #bounded(labels: MetricLabels): MetricLabels {
    const { decoder } = labels;
    if (decoder === undefined || this.#decoders.has(decoder)) return labels;
    if (this.#decoders.size >= decodersMax) return { ...labels, decoder: otherDecoder };
    this.#decoders.add(decoder);
    return labels;
  }
}
