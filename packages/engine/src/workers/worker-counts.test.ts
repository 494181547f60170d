import { type MetricKey, type MetricLabels, metrics, silentMetrics } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { readFromRender } from "../render/render-messages.js";
import { readFromWorker } from "./messages.js";
import { WorkerCounts } from "./worker-counts.js";

const report = (counts: readonly object[], observations: readonly object[] = []) => ({
  kind: "metrics",
  counts,
  observations,
});
const change = (decoder: string, reason = "slow") => ({
  metric: "decoderChanges" as const,
  by: 1,
  labels: { decoder, reason },
});

describe("workers/counts", () => {
  test.each([
    ["a counter without labels", report([{ metric: "framesDecoded", by: 25 }])],
    ["a decoder's restart", report([{ metric: "restarts", by: 1, labels: { what: "decoder" } }])],
    ["a decoder's change", report([change("@retrovue/decoder-libav")])],
    ["a histogram", report([], [{ metric: "decodeLatency", values: [0.001, 0.2] }])],
  ])("metrics/a-worker-may-count: %s", (_, message) => {
    expect(readFromWorker(message)).toEqual(message);
  });

  test.each([
    ["for another channel", report([{ metric: "framesDecoded", by: 1, labels: { channel: "2" } }])],
    ["what others restart", report([{ metric: "restarts", by: 1, labels: { what: "worker" } }])],
    ["a reason that is none", report([change("x", "whim")])],
    ["a label more", report([{ ...change("x"), labels: { decoder: "x", reason: "slow", channel: "2" } }])],
    [
      "what only the engine counts",
      report([{ metric: "standInFrames", by: 1, labels: { kind: "hold", reason: "x" } }]),
    ],
    ["a gauge", report([{ metric: "channelState", by: 1 }])],
    ["parts", report([{ metric: "framesDecoded", by: 0.5 }])],
    ["more than there can be", report([{ metric: "framesDecoded", by: 1e15 }])],
    ["a counter's observations", report([], [{ metric: "framesDecoded", values: [1] }])],
    [
      "observations with labels",
      report([], [{ metric: "decodeLatency", values: [1], labels: { channel: "2" } }]),
    ],
    ["too many at once", report([], [{ metric: "decodeLatency", values: Array(5_001).fill(1) }])],
    ["too many reports in one", report([], Array(20).fill({ metric: "decodeLatency", values: [1] }))],
  ])("metrics/a-worker-may-not-count: %s", (_, message) => {
    expect(() => readFromWorker(message)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
  });

  test("metrics/a-render-process-counts-nothing-but-what-its-renderer-has-done", () => {
    expect(() => readFromRender(report([{ metric: "framesDecoded", by: 1 }]))).toThrow(/not understood/);
  });

  test("metrics/decoders-that-a-channels-workers-name-are-so-many-series-at-most", () => {
    const counted: [MetricKey, number, MetricLabels | undefined][] = [];
    const counts = new WorkerCounts({
      ...silentMetrics,
      count: (key, by = 1, labels) => counted.push([key, by, labels]),
    });
    for (let n = 0; n < 1_000; n++) counts.take([change(`decoder ${n}`)], []);
    counts.take([change("decoder 0"), { metric: "framesDecoded", by: 3 }], []);
    const names = new Set(
      counted.map(([, , labels]) => labels?.["decoder"]).filter((name) => name !== undefined),
    );
    expect(names.size).toBe(65);
    expect(counted).toHaveLength(1_002);
    expect(counted.slice(-2)).toEqual([
      ["decoderChanges", 1, { decoder: "decoder 0", reason: "slow" }],
      ["framesDecoded", 3, undefined],
    ]);
    expect(counted.filter(([, , labels]) => labels?.["decoder"] === "other")).toHaveLength(1_000 - 64);
  });

  test("metrics/no-histogram-has-a-label-that-a-worker-would-have-to-say", () => {
    for (const { type, labels } of Object.values(metrics))
      if (type === "histogram") expect(labels).toEqual(["channel"]);
  });
});
