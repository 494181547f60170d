import type { MetricKey } from "./definitions.js";

/** Values of a metric's labels besides `channel`, by label name. */
export type MetricLabels = Readonly<Record<string, string>>;

/**
 * **Where channel logic counts.** The engine backs it with prom-client, tests with a recorder. A recorder is made for one
 * channel, so `channel` is never passed. Calls are cheap, never throw, and are made per episode or per tick on counters only.
 */
export interface MetricsRecorder {
  /** Adds to a counter; `by` defaults to 1. */
  count(metric: MetricKey, by?: number, labels?: MetricLabels): void;
  /** Sets a gauge. */
  gauge(metric: MetricKey, value: number, labels?: MetricLabels): void;
  /** Adds an observation to a histogram, in the metric's unit. */
  observe(metric: MetricKey, value: number, labels?: MetricLabels): void;
}

/** Counts nothing: for code that runs without telemetry. */
export const silentMetrics: MetricsRecorder = Object.freeze({ count() {}, gauge() {}, observe() {} });
