import { metricDefinitions } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { PrometheusMetrics } from "./prometheus-metrics.js";

describe("telemetry/metrics", () => {
  test("metrics/exported-are-those-of-the-table-and-no-others", async () => {
    const { text, contentType } = await new PrometheusMetrics().read();
    const exported = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    expect(exported.sort()).toEqual(metricDefinitions.map(({ name, type }) => `${name} ${type}`).sort());
    for (const { name, help } of metricDefinitions) expect(text).toContain(`# HELP ${name} ${help}\n`);
    expect(contentType).toContain("version=0.0.4");
  });

  test("metrics/what-a-channel-counts-carries-its-id", async () => {
    const metrics = new PrometheusMetrics();
    metrics.forChannel(7).count("decodeFailureCount");
    metrics.forChannel(7).count("decodeFailureCount", 2);
    metrics.forChannel(8).count("standInFrames", 5, { kind: "hold", reason: "late" });
    metrics.forChannel(8).gauge("channelState", 2);
    metrics.forChannel(8).observe("decodeLatency", 0.004);
    metrics.engine.gauge("clockOffset", -0.25);
    const { text } = await metrics.read();
    const lines = text.split("\n");
    expect(lines).toContain('retrovue_playout_decode_failure_count{channel="7"} 3');
    expect(lines).toContain('retrovue_playout_standin_frames_total{channel="8",kind="hold",reason="late"} 5');
    expect(lines).toContain('retrovue_playout_channel_state{channel="8"} 2');
    expect(lines).toContain('retrovue_playout_decode_latency_seconds_bucket{le="0.005",channel="8"} 1');
    expect(lines).toContain("retrovue_playout_clock_offset_seconds -0.25");
  });

  test("metrics/what-counts-for-one-channel-counts-for-no-other", async () => {
    const metrics = new PrometheusMetrics();
    metrics.forChannel(7).count("restarts", 1, { what: "worker", channel: "8" });
    const { text } = await metrics.read();
    expect(text).toContain('retrovue_playout_restart_total{channel="7",what="worker"} 1');
    expect(text).not.toContain('channel="8"');
  });

  test("metrics/a-recorder-never-throws", async () => {
    const metrics = new PrometheusMetrics();
    const recorder = metrics.forChannel(1);
    recorder.count("channelState");
    recorder.gauge("decodeFailureCount", 1);
    recorder.observe("restarts", 1);
    recorder.count("restarts", -1, { what: "worker" });
    recorder.count("restarts", 1, { nonsense: "x" });
    expect((await metrics.read()).text).toContain('retrovue_playout_restart_total{channel="1",what=""} 1');
  });

  test("metrics/looked-up-right-before-they-are-read", async () => {
    const metrics = new PrometheusMetrics();
    let scrapes = 0;
    const listening = metrics.onScrape(() => metrics.engine.gauge("clockDrift", ++scrapes));
    expect((await metrics.read()).text).toContain("retrovue_playout_clock_drift_ppm 1");
    expect((await metrics.read()).text).toContain("retrovue_playout_clock_drift_ppm 2");
    listening[Symbol.dispose]();
    await metrics.read();
    expect(scrapes).toBe(2);
  });
});
