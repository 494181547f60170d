import { type MetricKey, metrics, type RendererCounters, silentMetrics } from "@retrovue/core";
import { expect, test } from "vitest";
import { openLog } from "../log/log.js";
import { RenderMetrics } from "./render-metrics.js";

const counters = (overflows: number | undefined): RendererCounters => ({
  encodedFrames: 0,
  missedTicks: 0,
  lateTicks: 0,
  tornTicks: 0,
  bytes: 0,
  droppedChunks: 0,
  opens: 1,
  ...(overflows === undefined ? {} : { overflows }),
  encodeLatency: { buckets: (metrics.encodeLatency.buckets ?? []).map(() => 0), sumNs: 0 },
  frameGapNs: 0,
});

test("render-metrics/overflows-of-a-constant-rate-are-counted-and-told-once-an-episode", () => {
  const counted: [MetricKey, number][] = [];
  const lines: { readonly pictures?: number; readonly message: string }[] = [];
  const log = openLog({
    level: "warn",
    format: "json",
    write: (line) => lines.push(JSON.parse(line)),
    now: () => 0n,
  });
  const recorder = { ...silentMetrics, count: (key: MetricKey, by = 1) => counted.push([key, by]) };
  const taken = new RenderMetrics(recorder, log);
  for (const overflows of [undefined, 0, 3, 5, 5, 6]) taken.take(counters(overflows));
  expect(counted).toEqual([
    ["muxOverflows", 3],
    ["muxOverflows", 2],
    ["muxOverflows", 1],
  ]);
  expect(lines.map(({ pictures }) => pictures)).toEqual([3, 1]);
  expect(lines[0]?.message).toMatch(/^the constant mux rate has no room/);
});
