import { type MetricKey, metrics, nanoseconds, type RendererCounters, silentMetrics } from "@retrovue/core";
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

function measured() {
  const counted: [MetricKey, number][] = [];
  const lines: { readonly level: string; readonly pictures?: number; readonly message: string }[] = [];
  const log = openLog({
    level: "info",
    format: "json",
    write: (line) => lines.push(JSON.parse(line)),
    now: () => 0n,
  });
  const recorder = { ...silentMetrics, count: (key: MetricKey, by = 1) => counted.push([key, by]) };
  let second = 0n;
  const taken = new RenderMetrics(recorder, log, () => nanoseconds(second * 1_000_000_000n));
  /** As a renderer tells them, once a second. */
  const take = (overflows: number | undefined) => {
    second += 1n;
    taken.take(counters(overflows));
  };
  return { counted, lines, take };
}

test("render-metrics/overflows-of-a-constant-rate-are-counted", () => {
  const { counted, take } = measured();
  for (const overflows of [undefined, 0, 3, 5, 5, 6]) take(overflows);
  expect(counted).toEqual([
    ["muxOverflows", 3],
    ["muxOverflows", 2],
    ["muxOverflows", 1],
  ]);
});

test("render-metrics/an-episode-of-overflows-is-told-once-and-its-total-when-it-has-ended", () => {
  const { lines, take } = measured();
  // A key frame that is too large each two seconds, for a minute.
  for (let second = 1; second < 60; second++) take(3 * Math.ceil(second / 2));
  for (let calm = 1; calm < 30; calm++) take(90);
  expect(lines.map(({ level, pictures }) => [level, pictures])).toEqual([["warn", 3]]);
  expect(lines[0]?.message).toMatch(/^the constant mux rate has no room/);
  for (let calm = 30; calm < 100; calm++) take(90);
  take(91);
  expect(lines.map(({ level, pictures }) => [level, pictures])).toEqual([
    ["warn", 3],
    ["info", 90],
    ["warn", 1],
  ]);
  expect(lines[1]?.message).toBe("the constant mux rate has had room for half a minute");
});
