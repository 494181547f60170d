import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { RunningEngine, smallConfig } from "./running-engine.js";

const pattern = "test://pattern?duration=1s&size=16x16&mark=compact";
const one = `[{ id: 1, name: One, plan: "${pattern}", outputs: [] }]`;

describe("engine", () => {
  test("engine/a-pattern-airs-frame-by-frame-and-loops-without-a-seam", async () => {
    await using running = new RunningEngine();
    await running.start(smallConfig(one));
    const seen = await running.watch(1, 3_000);
    // Every tick once, and none with a stand-in.
    expect(seen.length).toBeGreaterThanOrEqual(70);
    expect(seen.map(({ tick }) => tick - (seen[0]?.tick ?? 0))).toEqual(seen.map((_, index) => index));
    expect(seen.filter(({ standIn }) => standIn !== undefined)).toEqual([]);
    expect(seen.map(({ frame }) => frame)).toEqual(seen.map((_, index) => index % 25));
    expect(running.engine.channels.list()).toEqual([{ id: 1, name: "One", state: "ready" }]);
  });

  test("engine/each-episode-is-one-line-with-its-fields", async () => {
    await using running = new RunningEngine();
    await running.start(smallConfig(one));
    const seen = await running.watch(1, 1_000);
    const [began, ...more] = running.logged("segment began");
    expect(began).toMatchObject({
      level: "info",
      channel: 1,
      tick: seen[0]?.tick,
      segment: seen[0]?.segmentId,
      asset: pattern,
    });
    expect(more.length).toBeLessThanOrEqual(2);
    expect(running.logged("buffering -> ready")).toHaveLength(1);
    await running.stop();
    expect(running.logged("engine stopped")).toMatchObject([{ failed: 0, unfinished: 0 }]);
  });

  test("lesson/48-goes-on-at-the-current-place-after-a-restart", async () => {
    await using running = new RunningEngine();
    const config = smallConfig(one);
    await running.start(config);
    const before = await running.watch(1, 1_000);
    const first = before[0]?.tick ?? 0;
    await running.stop();
    expect(existsSync(join(running.folder, "var/plans/channel-1.json"))).toBe(true);
    // Away for a little more than ten minutes.
    running.atNs += 600_300_000_000n;
    await running.start(config);
    const after = await running.watch(1, 1_000);
    expect(after.length).toBeGreaterThan(20);
    expect(after.filter(({ standIn }) => standIn !== undefined)).toEqual([]);
    expect(after.map(({ frame }) => frame)).toEqual(after.map(({ tick }) => (tick - first) % 25));
    expect(running.engine.channels.running(1)?.plan.revision).toBe(1);
  });

  test("engine/a-plan-file-that-changed-takes-over-without-a-stand-in", async () => {
    await using running = new RunningEngine();
    const file = join(running.folder, "plan.yaml");
    const plan = (id: number) =>
      `end: loop\nsegments:\n  - { uri: "${pattern}", duration: 1s }\n  - { uri: "${pattern}&id=${id}", duration: 1s }\n`;
    writeFileSync(file, plan(2));
    await running.start(smallConfig(`[{ id: 1, plan: ./plan.yaml, outputs: [] }]`));
    await running.watch(1, 400);
    const { channels } = running.engine;
    const { signal } = new AbortController();
    await channels.update(1, file, "configuration", signal);
    expect(channels.running(1)?.plan.revision).toBe(1);
    writeFileSync(file, plan(3));
    await channels.update(1, file, "configuration", signal);
    expect(channels.running(1)?.plan.revision).toBe(2);
    const seen = await running.watch(1, 2_000);
    expect(seen.filter(({ standIn }) => standIn !== undefined)).toEqual([]);
    expect(running.lines.filter(({ asset }) => asset === `${pattern}&id=3`)).not.toEqual([]);
    await expect(channels.update(2, file, "configuration", signal)).rejects.toMatchObject({
      code: "UnknownChannel",
    });
  });

  test("engine/a-channel-that-cannot-start-keeps-no-other-off-air", async () => {
    await using running = new RunningEngine();
    await running.start(
      smallConfig(`[{ id: 1, plan: ./none.yaml, outputs: [] }, { id: 2, plan: "${pattern}", outputs: [] }]`),
    );
    expect(running.logged("channel not started")).toMatchObject([
      { channel: 1, err: { code: "UnknownPlan" } },
    ]);
    expect((await running.watch(2, 400)).length).toBeGreaterThan(0);
    expect(running.engine.channels.list().map(({ state }) => state)).toEqual(["stopped", "ready"]);
  });

  test("engine/an-unknown-plan-airs-slate-where-the-configuration-says-so", async () => {
    await using running = new RunningEngine();
    await running.start(smallConfig("[{ id: 1, plan: ./none.mp4, outputs: [] }]", "unresolvedPlan: slate"));
    const seen = await running.watch(1, 2_000);
    expect(new Set(seen.map(({ standIn }) => standIn))).toEqual(new Set(["slate"]));
    expect(running.logged("plan not resolved; the channel airs slate")).toHaveLength(1);
    await running.stop();
    expect(existsSync(join(running.folder, "var/plans/channel-1.json"))).toBe(false);
  });

  test("engine/a-plan-file-that-is-gone-for-the-moment-takes-nobody-off-air", async () => {
    await using running = new RunningEngine();
    writeFileSync(join(running.folder, "plan.yaml"), `segments: [{ uri: "${pattern}", duration: 3600s }]\n`);
    const config = smallConfig("[{ id: 1, plan: ./plan.yaml, outputs: [] }]");
    await running.start(config);
    await running.stop();
    writeFileSync(join(running.folder, "plan.yaml"), "segments: [\n");
    await running.start(config);
    expect(running.logged("plan not resolved; the saved one goes on")).toMatchObject([
      { channel: 1, err: { code: "InvalidPlan" } },
    ]);
    expect((await running.watch(1, 400)).every(({ standIn }) => standIn === undefined)).toBe(true);
  });

  test("engine/serves-metrics-and-health", async () => {
    await using running = new RunningEngine();
    const { addresses } = await running.start(smallConfig(one));
    const seen = await running.watch(1, 1_000);
    const text = await (await fetch(`http://${addresses.metrics}/metrics`)).text();
    expect(text).toContain('retrovue_playout_channel_state{channel="1"} 2');
    expect(text).toContain(`retrovue_playout_frames_published_total{channel="1"} ${seen.length}`);
    expect(text).toContain('retrovue_playout_bus_readers{channel="1"} 0');
    expect(text).toMatch(/retrovue_playout_bus_memory_bytes\{channel="1"\} \d+/);
    expect(text).toContain('retrovue_playout_channel_uptime_seconds{channel="1"} 1\n');
    expect(text).toMatch(/retrovue_playout_build_info\{version="0\.0\.0",.*\} 1/);
    for (const address of [addresses.control, addresses.metrics]) {
      expect((await fetch(`http://${address}/healthz`)).status).toBe(200);
      const ready = await fetch(`http://${address}/readyz`);
      expect(await ready.json()).toMatchObject({ status: "serving", channels: [{ id: 1, state: "ready" }] });
    }
    await running.stop();
    await expect(fetch(`http://${addresses.control}/healthz`)).rejects.toThrow();
  });

  test("lesson/51-a-taken-metrics-port-is-logged-and-a-taken-control-port-ends-the-start", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const taken = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    await using running = new RunningEngine();
    const { addresses } = await running.start(
      smallConfig(one).replace('metrics: { listen: "127.0.0.1:0"', `metrics: { listen: "${taken}"`),
    );
    expect(addresses.metrics).toBeUndefined();
    expect(running.logged("metrics are not served")).toMatchObject([
      { address: taken, err: { code: "PortInUse" } },
    ]);
    await running.stop();
    const start = running.start(
      smallConfig(one).replace('control: { listen: "127.0.0.1:0"', `control: { listen: "${taken}"`),
    );
    await expect(start).rejects.toMatchObject({ code: "PortInUse" });
    // Also where somebody ends it while it closes, from the first of what that may take on.
    const ending = new AbortController();
    const { timer } = running;
    running.timer = {
      after: (delay, wake) => {
        if (delay === 250_000_000n) ending.abort(new PlayoutError("Closed", "Enough."));
        return timer.after(delay, wake);
      },
    };
    const ended = running.start(
      smallConfig(one).replace('control: { listen: "127.0.0.1:0"', `control: { listen: "${taken}"`),
      ending.signal,
    );
    await expect(ended).rejects.toMatchObject({ code: "PortInUse" });
    expect(ending.signal.aborted).toBe(true);
    other.close();
  });

  test("engine/a-plugin-that-does-not-load-ends-the-start-with-its-place", async () => {
    await using running = new RunningEngine();
    const start = running.start(
      smallConfig(one).replace("@retrovue/decoder-pattern", "@retrovue/nobody-made"),
    );
    const error = await start.catch((thrown: unknown) => thrown);
    expect(PlayoutError.is(error, "PluginNotFound") && error.what).toMatch(/^playout\.yaml: decoders\[0\]: /);
    expect(running.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("engine/a-bus-that-workers-cannot-reach-is-refused", async () => {
    await using running = new RunningEngine();
    const start = running.start(smallConfig(one).replace("isolation: none", "isolation: process"));
    await expect(start).rejects.toMatchObject({
      code: "InvalidConfig",
      remedy: expect.stringContaining("engine.isolation"),
    });
  });
});
