import {
  type MetricDefinition,
  type MetricKey,
  type MetricLabels,
  type MetricsRecorder,
  metricDefinitions,
  metrics,
} from "@retrovue/core";
import { Counter, Gauge, Histogram, Registry } from "prom-client";

type Instrument = Counter | Gauge | Histogram;

/**
 * The engine's metrics, as Prometheus reads them: every one of the core's table is there from the start, and none besides. A
 * registry of its own, so that two engines in one process do not meet.
 */
export class PrometheusMetrics {
  readonly #registry = new Registry();
  readonly #instruments: ReadonlyMap<MetricDefinition, Instrument>;
  readonly #beforeScrape = new Set<() => void>();

  constructor() {
    this.#instruments = new Map(
      metricDefinitions.map((definition) => [definition, instrumentOf(definition, this.#registry)]),
    );
  }

  /** Where one channel counts: `channel` is put on every metric that has it. */
  forChannel(id: number): MetricsRecorder {
    return this.#recorder({ channel: String(id) });
  }

  /** Where the engine itself counts. */
  readonly engine: MetricsRecorder = this.#recorder({});

  /** Called right before the metrics are read: for values that are looked up rather than counted. Must not throw. */
  onScrape(listener: () => void): Disposable {
    this.#beforeScrape.add(listener);
    return { [Symbol.dispose]: () => this.#beforeScrape.delete(listener) };
  }

  /** The text that Prometheus reads, and its content type. */
  async read(): Promise<{ readonly contentType: string; readonly text: string }> {
    for (const listener of this.#beforeScrape) listener();
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #recorder(own: MetricLabels): MetricsRecorder {
    // Most of what is told comes without labels, dozens of times a second: made once.
    const bare = new Map<MetricKey, Record<string, string>>();
    const labelled = (key: MetricKey, labels: MetricLabels | undefined): Record<string, string> => {
      if (labels !== undefined) return labelledAnew(key, labels);
      const known = bare.get(key) ?? labelledAnew(key, undefined);
      bare.set(key, known);
      return known;
    };
    const labelledAnew = (key: MetricKey, labels: MetricLabels | undefined): Record<string, string> => {
      // Whoever counts for one channel counts for no other.
      const all: MetricLabels = { ...labels, ...own };
      // prom-client throws at labels that a metric has not; a recorder never throws.
      return Object.fromEntries(metrics[key].labels.map((name) => [name, all[name] ?? ""]));
    };
    return {
      count: (key, by = 1, labels) => {
        const instrument = this.#instruments.get(metrics[key]);
        if (instrument instanceof Counter && by > 0) instrument.inc(labelled(key, labels), by);
      },
      gauge: (key, value, labels) => {
        const instrument = this.#instruments.get(metrics[key]);
        if (instrument instanceof Gauge) instrument.set(labelled(key, labels), value);
      },
      observe: (key, value, labels) => {
        const instrument = this.#instruments.get(metrics[key]);
        if (instrument instanceof Histogram) instrument.observe(labelled(key, labels), value);
      },
    };
  }
}

function instrumentOf(definition: MetricDefinition, registry: Registry): Instrument {
  const { name, type, help, buckets = [] } = definition;
  const options = { name, help, labelNames: [...definition.labels], registers: [registry] };
  if (type === "counter") return new Counter(options);
  if (type === "gauge") return new Gauge(options);
  return new Histogram({ ...options, buckets: [...buckets] });
}
