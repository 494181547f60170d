import type { MetricKey } from "../metrics/definitions.js";
import type { MetricLabels, MetricsRecorder } from "../metrics/recorder.js";

/** Keeps what was counted, so that a test can ask. */
export class RecordingMetrics implements MetricsRecorder {
  readonly #counters = new Map<string, number>();
  readonly #gauges = new Map<string, number>();
  readonly #observations = new Map<string, number[]>();

  count(metric: MetricKey, by = 1, labels?: MetricLabels): void {
    const key = keyOf(metric, labels);
    this.#counters.set(key, (this.#counters.get(key) ?? 0) + by);
  }

  gauge(metric: MetricKey, value: number, labels?: MetricLabels): void {
    this.#gauges.set(keyOf(metric, labels), value);
  }

  /** The last 1 000 observations of a metric are kept. */
  observe(metric: MetricKey, value: number, labels?: MetricLabels): void {
    const key = keyOf(metric, labels);
    const kept = this.#observations.get(key) ?? [];
    kept.push(value);
    if (kept.length > 1_000) kept.shift();
    this.#observations.set(key, kept);
  }

  /** A counter's value: with these labels exactly, or over all labels where none are given. */
  counted(metric: MetricKey, labels?: MetricLabels): number {
    if (labels !== undefined) return this.#counters.get(keyOf(metric, labels)) ?? 0;
    let sum = 0;
    for (const [key, value] of this.#counters) if (key.split("{", 1)[0] === metric) sum += value;
    return sum;
  }

  /** A gauge's last value. */
  gauged(metric: MetricKey, labels?: MetricLabels): number | undefined {
    return this.#gauges.get(keyOf(metric, labels));
  }

  observed(metric: MetricKey, labels?: MetricLabels): readonly number[] {
    return this.#observations.get(keyOf(metric, labels)) ?? [];
  }

  /** All counters as `name{label="value"}`, for comparing whole runs. */
  counters(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counters].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function keyOf(metric: MetricKey, labels: MetricLabels = {}): string {
  const names = Object.keys(labels).sort();
  if (names.length === 0) return metric;
  return `${metric}{${names.map((name) => `${name}="${labels[name]}"`).join(",")}}`;
}
