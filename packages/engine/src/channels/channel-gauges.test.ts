import type { Committer, CommitterCounters, MetricsRecorder } from "@retrovue/core";
import { silentMetrics } from "@retrovue/core";
import { expect, test } from "vitest";
import { ChannelGauges } from "./channel-gauges.js";

test.each([
  ["given realtime", true, [["realtime", 1, { thread: "committer" }]]],
  ["refused it", false, [["realtime", 0, { thread: "committer" }]]],
  ["none", undefined, []],
] as const)("channels/whether-the-committer-is-realtime-is-a-gauge: %s", (_, isRealtime, told) => {
  const counters: CommitterCounters = {
    committed: 1,
    submitted: 1,
    standIns: { hold: 0, slate: 0, black: 0 },
    refused: 0,
    lateCommits: 0,
    ...(isRealtime !== undefined && { isRealtime }),
  };
  const gauged: Parameters<MetricsRecorder["gauge"]>[] = [];
  const gauges = new ChannelGauges({
    committer: { counters: () => counters, readers: () => [] } as unknown as Committer,
    metrics: { ...silentMetrics, gauge: (...set) => gauged.push(set) },
    uptimeSeconds: () => 1,
    busMemoryBytes: 1,
  });
  gauges.look();
  expect(gauged.filter(([key]) => key === "realtime")).toEqual(told);
});
