import { describe, expect, test } from "vitest";
import { BatchedMetrics } from "./batched-metrics.js";
import { readFromWorker } from "./messages.js";

describe("workers/batched-metrics", () => {
  test("metrics/a-batch-has-each-metric-once-with-all-that-was-seen-of-it", () => {
    const metrics = new BatchedMetrics();
    metrics.count("framesDecoded");
    metrics.count("framesDecoded", 2);
    metrics.count("restarts", 1, { what: "decoder" });
    for (const seconds of [0.001, 0.002, 0.001]) metrics.observe("decodeLatency", seconds);
    metrics.observe("prerollMargin", 3);
    const batch = metrics.take();
    expect(batch).toEqual({
      kind: "metrics",
      counts: [
        { metric: "framesDecoded", by: 3 },
        { metric: "restarts", by: 1, labels: { what: "decoder" } },
      ],
      observations: [
        { metric: "decodeLatency", values: [0.001, 0.002, 0.001] },
        { metric: "prerollMargin", values: [3] },
      ],
    });
    expect(readFromWorker(batch)).toEqual(batch);
    expect(metrics.take()).toBeUndefined();
  });

  test("metrics/observations-beyond-what-is-kept-are-lost-and-counts-are-not", () => {
    const metrics = new BatchedMetrics();
    for (let i = 0; i < 20_000; i++) {
      metrics.observe("decodeLatency", i);
      metrics.count("framesDecoded");
    }
    const batch = metrics.take();
    expect(batch?.counts[0]?.by).toBe(20_000);
    expect(batch?.observations[0]?.values).toHaveLength(5_000);
    expect(readFromWorker(batch)).toEqual(batch);
    metrics.observe("decodeLatency", 1);
    expect(metrics.take()?.observations[0]?.values).toEqual([1]);
  });
});
