import { type MetricKey, metrics, nanoseconds, type RendererCounters, silentMetrics } from "@retrovue/core";
import { expect, test } from "vitest";
import { openLog } from "../log/log.js";
import { RenderMetrics } from "./render-metrics.js";

const counters = (overflows: number | undefined, more: Partial<RendererCounters> = {}): RendererCounters => ({
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
  ...more,
});

function measured() {
  const counted: [MetricKey, number, ...string[]][] = [];
  const gauged: [MetricKey, number, ...string[]][] = [];
  const observed: number[] = [];
  const lines: {
    readonly level: string;
    readonly pictures?: number;
    readonly ticks?: number;
    readonly message: string;
  }[] = [];
  const log = openLog({
    level: "info",
    format: "json",
    write: (line) => lines.push(JSON.parse(line)),
    now: () => 0n,
  });
  const recorder = {
    ...silentMetrics,
    count: (key: MetricKey, by = 1, labels: object = {}) => counted.push([key, by, ...Object.values(labels)]),
    gauge: (key: MetricKey, value: number, labels: object = {}) =>
      gauged.push([key, value, ...Object.values(labels)]),
  };
  const observe = (_: MetricKey, value: number) => observed.push(value);
  let second = 0n;
  const taken = new RenderMetrics({ ...recorder, observe }, log, () => nanoseconds(second * 1_000_000_000n));
  /** As a renderer tells them, once a second. */
  const take = (overflows: number | undefined, more?: Partial<RendererCounters>) => {
    second += 1n;
    taken.take(counters(overflows, more));
  };
  return { counted, gauged, observed, lines, take };
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

test("render-metrics/what-ticks-suffered-is-counted-by-what-it-was", () => {
  const { counted, lines, take } = measured();
  take(undefined, { missedTicks: 2, tornTicks: 1 });
  take(undefined, { missedTicks: 2, lateTicks: 4, tornTicks: 1 });
  take(undefined, { missedTicks: 5, lateTicks: 4, tornTicks: 1 });
  expect(counted).toEqual([
    ["renderFaults", 2, "missed"],
    ["renderFaults", 1, "torn"],
    ["renderFaults", 4, "late"],
    ["renderFaults", 3, "missed"],
  ]);
  expect(lines).toEqual([]);
});

test("render-metrics/faults-of-timing-are-counted-and-an-episode-of-them-is-told-once-with-its-total", () => {
  const { counted, lines, take } = measured();
  for (let faults = 1; faults <= 5; faults++) take(undefined, { timingFaults: faults });
  for (let calm = 0; calm < 40; calm++) take(undefined, { timingFaults: 5 });
  expect(counted).toEqual(Array.from({ length: 5 }, () => ["renderFaults", 1, "timing"]));
  expect(lines.map(({ level, ticks }) => [level, ticks])).toEqual([
    ["warn", 1],
    ["info", 5],
  ]);
});

test("render-metrics/whether-the-pacer-is-realtime-is-told-where-there-is-one", () => {
  const { gauged, take } = measured();
  for (const isRealtime of [true, false]) take(undefined, { isRealtime });
  take(undefined);
  expect(gauged.filter(([key]) => key === "realtime")).toEqual([
    ["realtime", 1, "pacer"],
    ["realtime", 0, "pacer"],
  ]);
});

/** Latencies in these classes, from the shortest on. */
const latencies = (buckets: readonly number[], sumNs: number): Partial<RendererCounters> => ({
  encodeLatency: { buckets, sumNs },
});

test("render-metrics/latencies-are-taken-one-by-one-and-those-of-one-class-by-their-mean", () => {
  const { observed, take } = measured();
  take(undefined, latencies([0, 50, 0], 100e6));
  expect(observed).toEqual(Array.from({ length: 50 }, () => 0.002));
  take(undefined, latencies([1, 51, 0], 103e6));
  expect(observed.slice(50)).toEqual([0.0005, 0.00175]);
});

test("render-metrics/what-a-renderer-claims-takes-the-engine-no-longer-than-what-one-can-do", () => {
  const { observed, take } = measured();
  take(undefined, latencies([1e15, 3e15], 8e21));
  expect(observed).toHaveLength(1_000);
  expect(observed.filter((seconds) => seconds < 0.001)).toHaveLength(250);
  // The next report is as ever.
  take(undefined, latencies([1e15, 3e15 + 2], 8e21));
  expect(observed).toHaveLength(1_002);
});
