import type { ClockHealth } from "@retrovue/core";
import type { PrometheusMetrics } from "./prometheus-metrics.js";

/** Says once what was built from what. */
export function recordBuild(
  metrics: PrometheusMetrics,
  build: { readonly version: string; readonly commit: string; readonly node: string },
): void {
  metrics.engine.gauge("buildInfo", 1, build);
}

/** Tells how well the engine's clock follows its source. */
export class ClockGauges {
  readonly #metrics: PrometheusMetrics;
  /** A counter only grows by addition, and the clock counts for itself. */
  #corrections = 0;

  constructor(metrics: PrometheusMetrics) {
    this.#metrics = metrics;
  }

  /** Called when metrics are scraped. */
  look(health: ClockHealth): void {
    const { engine } = this.#metrics;
    engine.gauge("clockOffset", Number(health.offsetNs) / 1e9);
    engine.gauge("clockDrift", health.driftPpm);
    engine.gauge("clockJitter", Number(health.jitterNsP95) / 1e9);
    engine.gauge("clockJitterLegacy", Number(health.jitterNsP95) / 1e6);
    engine.count("clockCorrectionsLegacy", health.corrections - this.#corrections);
    this.#corrections = health.corrections;
  }
}
