import type { MetricKey, MetricLabels, MetricsRecorder } from "@retrovue/core";
import type { FromWorker } from "./messages.js";
import { type Count, observationsMax } from "./worker-counts.js";

type Batch = Extract<FromWorker, { kind: "metrics" }>;
type Counting = { -readonly [Key in keyof Count]: Count[Key] };

/** Counts in a worker process until the engine is told; gauges are the engine's own matter. */
export class BatchedMetrics implements MetricsRecorder {
  #counts = new Map<string, Counting>();
  #observations = new Map<MetricKey, number[]>();
  #observed = 0;

  count(metric: MetricKey, by = 1, labels?: MetricLabels): void {
    const key = keyOf(metric, labels);
    const entry = this.#counts.get(key);
    if (entry) entry.by += by;
    else this.#counts.set(key, { metric, by, ...(labels && { labels: { ...labels } }) });
  }

  gauge(): void {}

  /** No histogram has labels of its own. */
  observe(metric: MetricKey, value: number): void {
    if (this.#observed >= observationsMax) return;
    this.#observed += 1;
    const values = this.#observations.get(metric);
    if (values) values.push(value);
    else this.#observations.set(metric, [value]);
  }

  /** What came since the last call; undefined where nothing did. */
  take(): Batch | undefined {
    if (this.#counts.size === 0 && this.#observations.size === 0) return undefined;
    const batch: Batch = {
      kind: "metrics",
      counts: [...this.#counts.values()],
      observations: [...this.#observations].map(([metric, values]) => ({ metric, values })),
    };
    this.#counts = new Map();
    this.#observations = new Map();
    this.#observed = 0;
    return batch;
  }
}

const keyOf = (metric: MetricKey, labels: MetricLabels | undefined): string =>
  labels === undefined ? metric : JSON.stringify([metric, labels]);
