import { expect, test } from "vitest";
import { RecordingMetrics } from "./recording-metrics.js";

test("metrics/recorder-keeps-counts-by-name-and-labels", () => {
  const metrics = new RecordingMetrics();
  metrics.count("standInFrames", 2, { kind: "hold", reason: "late" });
  metrics.count("standInFrames", 1, { reason: "late", kind: "hold" });
  metrics.count("standInFrames", 4, { kind: "slate", reason: "hung" });
  metrics.gauge("bufferDepthFrames", 7);
  metrics.observe("prerollMargin", 0.5);
  expect(metrics.counted("standInFrames", { kind: "hold", reason: "late" })).toBe(3);
  expect(metrics.counted("standInFrames")).toBe(7);
  expect(metrics.counted("planUpdates")).toBe(0);
  expect(metrics.gauged("bufferDepthFrames")).toBe(7);
  expect(metrics.observed("prerollMargin")).toEqual([0.5]);
  expect(metrics.counters()).toEqual({
    'standInFrames{kind="hold",reason="late"}': 3,
    'standInFrames{kind="slate",reason="hung"}': 4,
  });
});
