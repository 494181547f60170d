import type { MetricKey, MetricLabels, MetricsRecorder } from "@retrovue/core";
import type { FromWorker } from "./messages.js";

type Batch = Extract<FromWorker, { kind: "metrics" }>;

/** Observations kept between two hand-overs; those beyond are lost, which a histogram bears. */
const observationsMax = 5_000;

/** Counts in a worker process until the engine is told; gauges are the engine's own matter. */
export class BatchedMetrics implements MetricsRecorder {
  #counts = new Map<string, Batch["counts"][number]>();
  #observations = new Map<string, Batch["observations"][number]>();
  #observed = 0;

  count(metric: MetricKey, by = 1, labels?: MetricLabels): void {
    const key = keyOf(metric, labels);
    const entry = this.#counts.get(key);
    if (entry) entry.by += by;
    else this.#counts.set(key, { metric, by, ...(labels && { labels: { ...labels } }) });
  }

  gauge(): void {}

  observe(metric: MetricKey, value: number, labels?: MetricLabels): void {
    if (this.#observed >= observationsMax) return;
    this.#observed += 1;
    const key = keyOf(metric, labels);
    const entry = this.#observations.get(key);
    if (entry) entry.values.push(value);
    else this.#observations.set(key, { metric, values: [value], ...(labels && { labels: { ...labels } }) });
  }

  /** What came since the last call; undefined where nothing did. */
  take(): Batch | undefined {
    if (this.#counts.size === 0 && this.#observations.size === 0) return undefined;
    const batch: Batch = {
      kind: "metrics",
      counts: [...this.#counts.values()],
      observations: [...this.#observations.values()],
    };
    this.#counts = new Map();
    this.#observations = new Map();
    this.#observed = 0;
    return batch;
  }
}

const keyOf = (metric: MetricKey, labels: MetricLabels | undefined): string =>
  labels === undefined ? metric : JSON.stringify([metric, labels]);
