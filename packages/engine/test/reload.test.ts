import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { compareConfigs } from "../src/config/config-change.js";
import { readConfigText } from "../src/config/load.js";
import type { PlayoutConfig } from "../src/config/playout-config.js";
import { RunningEngine, smallConfig } from "./running-engine.js";

const pattern = "test://pattern?duration=2s&size=16x16&mark=compact";

function configOf(text: string, folder: string): PlayoutConfig {
  const reading = readConfigText(text, join(folder, "playout.yaml"), { environment: {} });
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
  return reading.config;
}

describe("reloading the configuration", () => {
  test("reload/what-differs-is-sorted-by-what-can-be-done-about-it", () => {
    const before = configOf(
      smallConfig(`[{ id: 1, plan: a }, { id: 2, plan: a }]`, "plans: { a: ./a.yaml }"),
      "/",
    );
    const after = configOf(
      smallConfig(
        `[{ id: 1, plan: a, format: { frameRate: 50 } }, { id: 3, plan: a }]`,
        "plans: { a: ./b.yaml }\nsecurity: { tokens: [] }",
      )
        .replace("spareWorkers: 0", "spareWorkers: 2")
        .replace("roots: [.]", "roots: [., ./more]")
        .replace("telemetry: {", "telemetry: { log: { level: debug },"),
      "/",
    );
    const change = compareConfigs(before, after);
    expect(change.added.map(({ id }) => id)).toEqual([3]);
    expect(change.removed.map(({ id }) => id)).toEqual([2]);
    expect(change.replanned.map(({ id }) => id)).toEqual([1]);
    expect(change.atNextStart).toEqual(["channels[id=1].format"]);
    expect([...change.refused].sort()).toEqual(["engine.spareWorkers", "media.roots"]);
    expect(compareConfigs(after, after)).toEqual({
      added: [],
      removed: [],
      replanned: [],
      alwaysOn: [],
      atNextStart: [],
      refused: [],
    });
  });

  test("reload/channels-come-go-and-change-their-plans-while-others-play-on", async () => {
    await using running = new RunningEngine();
    const plan = (id: number) =>
      `end: loop\nsegments:\n  - { uri: "${pattern}", duration: 1s }\n  - { uri: "${pattern}&id=${id}", duration: 1s }\n`;
    const channel = (id: number) => `{ id: ${id}, plan: day, outputs: [] }`;
    writeFileSync(join(running.folder, "plan.yaml"), plan(1));
    const first = smallConfig(`[${channel(1)}, ${channel(2)}]`, "plans: { day: ./plan.yaml }");
    await running.start(first);
    await running.watch(1, 1_000);
    const { channels } = running.engine;
    expect(channels.running(1)?.plan.revision).toBe(1);

    // The same again changes nothing.
    await running.engine.reload(configOf(first, running.folder));
    expect(channels.running(1)?.plan.revision).toBe(1);

    writeFileSync(join(running.folder, "plan.yaml"), plan(2));
    const wanted = smallConfig(`[${channel(1)}, ${channel(3)}]`, "plans: { day: ./plan.yaml }").replace(
      "telemetry: {",
      "telemetry: { log: { level: error },",
    );
    await running.engine.reload(configOf(wanted, running.folder));
    expect(channels.list().map(({ id, state }) => [id, state === "stopped"])).toEqual([
      [1, false],
      [3, false],
    ]);
    expect(channels.running(1)?.plan.revision).toBe(2);
    const seen = await running.watch(1, 3_000);
    expect(seen.filter(({ standIn }) => standIn !== undefined)).toEqual([]);
    expect(seen.map(({ tick }) => tick - (seen[0]?.tick ?? 0))).toEqual(seen.map((_, index) => index));
    expect((await running.watch(3, 1_000)).length).toBeGreaterThan(20);
    // The logs that channels hold already keep to the new level as well.
    const lines = running.lines.length;
    await running.watch(1, 3_000);
    expect(running.lines.slice(lines)).toEqual([]);
  });

  test("reload/whether-a-channel-waits-for-viewers-changes-at-once", async () => {
    await using running = new RunningEngine();
    const config = (run: string) => smallConfig(`[{ id: 1, plan: "${pattern}", run: ${run}, outputs: [] }]`);
    const { channels, addresses } = await running.start(config("on-demand"));
    const reload = (text: string) => running.engine.reload(configOf(text, running.folder));
    const asked = () => fetch(`http://${addresses.view}/channel/1.ts`);
    expect(channels.running(1)).toBeUndefined();

    await reload(config("always"));
    const first = channels.running(1);
    expect(first).toBeDefined();
    expect(channels.isOnDemand(1)).toBe(false);

    // It stays on air, and whoever stops it for want of viewers is to look after it again.
    await reload(config("on-demand"));
    expect(channels.running(1)).toBe(first);
    expect(channels.isOnDemand(1)).toBe(true);
    expect(running.logged("these hold from the channel's next start on")).toEqual([]);

    await channels.stop(1);
    await asked();
    const woken = channels.running(1);
    expect(woken).toBeDefined();
    await reload(config("always"));
    expect(channels.running(1)).toBe(woken);

    await channels.stop(1, "request");
    await reload(config("on-demand"));
    await reload(config("always"));
    expect(channels.running(1)).toBeUndefined();
  });

  test("reload/a-channel-on-demand-that-is-taken-out-and-put-back-wakes-again", async () => {
    await using running = new RunningEngine();
    const one = smallConfig(`[{ id: 1, plan: "${pattern}", run: on-demand, outputs: [] }]`);
    const { channels, addresses } = await running.start(one);
    const asked = () => fetch(`http://${addresses.view}/channel/1.ts`);
    for (const by of [undefined, "request"] as const) {
      await asked();
      expect(channels.running(1)).toBeDefined();
      if (by !== undefined) await channels.stop(1, by);
      await running.engine.reload(configOf(smallConfig("[]"), running.folder));
      expect(channels.running(1)).toBeUndefined();
      await asked();
      expect(channels.running(1)).toBeUndefined();
      await running.engine.reload(configOf(one, running.folder));
      expect(channels.running(1)).toBeUndefined();
    }
    await asked();
    expect(channels.running(1)).toBeDefined();
  });

  test("reload/a-plan-that-a-request-gave-stays", async () => {
    await using running = new RunningEngine();
    const text = smallConfig(`[{ id: 1, plan: "${pattern}", outputs: [] }]`);
    await running.start(text);
    await running.watch(1, 500);
    const { channels } = running.engine;
    await channels.update(1, `${pattern}&id=9`, "request", new AbortController().signal);
    await running.engine.reload(configOf(text, running.folder));
    expect(channels.running(1)?.plan.segments[0]?.asset?.uri).toBe(`${pattern}&id=9`);
    await running.engine.reload(configOf(text.replace("duration=2s", "duration=3s"), running.folder));
    expect(channels.running(1)?.plan.segments[0]?.asset?.uri).toContain("duration=3s");
  });

  test("reload/one-that-takes-too-long-is-told-and-holds-up-no-other", async () => {
    await using running = new RunningEngine();
    const deadlines = running.wakesAfter(60_000_000_000n);
    const text = smallConfig(`[{ id: 1, plan: "${pattern}", outputs: [] }]`);
    const { channels } = await running.start(text);
    await running.watch(1, 500);
    const update = channels.update.bind(channels);
    let given: AbortSignal | undefined;
    channels.update = (_id, _handle, _by, signal) => {
      given = signal;
      channels.update = update;
      return new Promise(() => {});
    };
    const hung = running.engine.reload(configOf(text, running.folder));
    const next = running.engine.reload(configOf(text.replace("duration=2s", "duration=3s"), running.folder));
    await expect.poll(() => given?.aborted).toBe(false);
    deadlines[0]?.();
    await hung;
    expect(given?.aborted).toBe(true);
    expect(running.logged("reload: channel not given its plan")).toMatchObject([
      { channel: 1, err: { code: "Timeout" } },
    ]);
    await next;
    expect(deadlines).toHaveLength(2);
    expect(channels.running(1)?.plan.segments[0]?.asset?.uri).toContain("duration=3s");
  });

  test("reload/a-channel-whose-files-do-not-answer-yet-begins-when-they-do", async () => {
    await using running = new RunningEngine();
    const one = `{ id: 1, plan: "${pattern}", outputs: [] }`;
    const { channels } = await running.start(smallConfig(`[${one}]`));
    const start = channels.start.bind(channels);
    channels.start = () => {
      channels.start = start;
      return Promise.reject(new PlayoutError("Timeout", "No answer."));
    };
    const wanted = smallConfig(`[${one}, { id: 2, plan: "${pattern}", outputs: [] }]`);
    await running.engine.reload(configOf(wanted, running.folder));
    expect(running.logged("channel not started")).toMatchObject([{ channel: 2, err: { code: "Timeout" } }]);
    await running.watch(1, 1_100);
    await expect.poll(() => channels.running(2)).toBeDefined();
  });

  test("reload/ports-that-take-too-long-and-a-reload-that-breaks-hold-up-no-other", async () => {
    await using running = new RunningEngine();
    const deadlines = running.wakesAfter(60_000_000_000n);
    const text = smallConfig(`[{ id: 1, plan: "${pattern}", outputs: [] }]`);
    const { channels, channelPorts } = await running.start(text);
    const setPorts = channelPorts.setConfigured.bind(channelPorts);
    channelPorts.setConfigured = () => {
      channelPorts.setConfigured = setPorts;
      return new Promise(() => {});
    };
    const hung = running.engine.reload(configOf(text, running.folder));
    await expect.poll(() => channelPorts.setConfigured).toBe(setPorts);
    deadlines[0]?.();
    await hung;
    expect(running.logged("reload: ports not all changed")).toMatchObject([{ err: { code: "Timeout" } }]);
    const { setConfigured } = channels;
    channels.setConfigured = () => {
      throw new Error("broken");
    };
    await running.engine.reload(configOf(text, running.folder));
    expect(running.logged("the configuration was not reloaded")).toHaveLength(1);
    channels.setConfigured = setConfigured;
    await running.engine.reload(configOf(text.replace("duration=2s", "duration=3s"), running.folder));
    expect(channels.running(1)?.plan.segments[0]?.asset?.uri).toContain("duration=3s");
  });

  test("reload/a-channel-that-cannot-begin-touches-no-other", async () => {
    await using running = new RunningEngine();
    const one = `{ id: 1, plan: "${pattern}", outputs: [] }`;
    await running.start(smallConfig(`[${one}]`));
    await running.watch(1, 500);
    const wanted = smallConfig(`[${one}, { id: 2, plan: ./none.yaml, outputs: [] }]`);
    await running.engine.reload(configOf(wanted, running.folder));
    expect(running.logged("channel not started")).toMatchObject([
      { channel: 2, err: { code: "UnknownPlan" } },
    ]);
    const seen = await running.watch(1, 1_000);
    expect(seen.filter(({ standIn }) => standIn !== undefined)).toEqual([]);
  });
});

describe("lesson/51-what-is-missing-or-full-degrades-loudly", () => {
  test("lesson/51-a-data-folder-that-cannot-be-written-stops-no-channel", async () => {
    await using running = new RunningEngine();
    // A file in its place: what a full or dead disk answers, also to root.
    writeFileSync(join(running.folder, "var"), "");
    await running.start(smallConfig(`[{ id: 1, plan: "${pattern}", outputs: [] }]`));
    const seen = await running.watch(1, 5_000);
    expect(seen.length).toBeGreaterThan(100);
    expect(seen.slice(25).filter(({ standIn }) => standIn !== undefined)).toEqual([]);
    expect(running.logged("the plan is not saved: a restart would not go on with it").length).toBeGreaterThan(
      0,
    );
    await expect
      .poll(() => running.logged("the as-run log cannot be written: lines are lost; channels go on").length)
      .toBe(1);
  });
});
