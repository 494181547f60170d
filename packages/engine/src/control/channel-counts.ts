import type { MetricKey, MetricLabels, MetricsRecorder, StandInKind, StandInReason } from "@retrovue/core";

/** How many ticks aired something else, by what and why. */
export interface CountedStandIn {
  readonly kind: StandInKind;
  readonly reason: StandInReason;
  readonly ticks: number;
}

/** Counts of one channel since it was started, as `GetChannel` tells them: the same that go to its metrics. */
export class ChannelCounts implements MetricsRecorder {
  readonly #metrics: MetricsRecorder;
  readonly #totals = new Map<string, number>();
  readonly #gauges = new Map<MetricKey, number>();

  /** @param metrics told everything as well */
  constructor(metrics: MetricsRecorder) {
    this.#metrics = metrics;
  }

  count(metric: MetricKey, by = 1, labels?: MetricLabels): void {
    this.#metrics.count(metric, by, labels);
    const key = keyOf(metric, labels);
    this.#totals.set(key, (this.#totals.get(key) ?? 0) + Math.max(0, by));
  }

  gauge(metric: MetricKey, value: number, labels?: MetricLabels): void {
    this.#metrics.gauge(metric, value, labels);
    if (labels === undefined) this.#gauges.set(metric, value);
  }

  observe(metric: MetricKey, value: number, labels?: MetricLabels): void {
    this.#metrics.observe(metric, value, labels);
  }

  total(metric: MetricKey, labels?: MetricLabels): number {
    return this.#totals.get(keyOf(metric, labels)) ?? 0;
  }

  /** The last value of a gauge without labels; 0 before the first. */
  last(metric: MetricKey): number {
    return this.#gauges.get(metric) ?? 0;
  }

  standIns(): readonly CountedStandIn[] {
    const prefix = "standInFrames ";
    return [...this.#totals].flatMap(([key, ticks]) => {
      if (!key.startsWith(prefix) || ticks === 0) return [];
      const labels = new Map(JSON.parse(key.slice(prefix.length)) as [string, string][]);
      const kind = labels.get("kind") as StandInKind;
      const reason = labels.get("reason") as StandInReason;
      return [{ kind, reason, ticks }];
    });
  }
}

const keyOf = (metric: MetricKey, labels: MetricLabels = {}): string =>
  `${metric} ${JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
