import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { PlayoutControl } from "@retrovue/protocol";
import { describe, expect, test } from "vitest";
import { RunningEngine, smallConfig } from "../running-engine.js";
import { call } from "./calls.js";

const { getVersion, startChannel, updatePlan, stopChannel } = PlayoutControl.method;

const pattern = "test://pattern?duration=1s&size=16x16&mark=compact";
const stopped = `[{ id: 1, name: One, plan: "${pattern}", autostart: false, outputs: [] }]`;

async function running(channels = stopped, more = "") {
  const engine = new RunningEngine();
  const { control } = await engine.start(smallConfig(channels, more));
  return { engine, control, [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose]() };
}

describe("control/plans by handle", () => {
  test("control/the-version-is-that-of-the-contract", async () => {
    await using it = await running();
    expect(await call(it.control, getVersion, {})).toMatchObject({ version: "1.1.0" });
  });

  test("control/start-update-stop-and-each-of-them-again", async () => {
    await using it = await running();
    const start = () => call(it.control, startChannel, { channelId: 1, planHandle: pattern });
    expect(await start()).toMatchObject({ success: true, message: "started" });
    expect(await start()).toMatchObject({ success: true, message: "already started" });
    const seen = await it.engine.watch(1, 2_000);
    expect(seen.length).toBeGreaterThan(40);
    expect(seen.filter(({ standIn }) => standIn !== undefined)).toEqual([]);
    const update = (planHandle: string) => call(it.control, updatePlan, { channelId: 1, planHandle });
    expect(await update(pattern)).toMatchObject({ success: true, message: "unchanged" });
    expect(await update(`${pattern}&id=2`)).toMatchObject({ success: true, message: "revision 2" });
    const after = await it.engine.watch(1, 2_000);
    expect(after.map(({ tick }) => tick)).toEqual(after.map((_, n) => (after[0]?.tick ?? 0) + n));
    expect(after.filter(({ standIn }) => standIn !== undefined)).toEqual([]);
    const stop = () => call(it.control, stopChannel, { channelId: 1 });
    expect(await stop()).toMatchObject({ success: true, message: "stopped" });
    expect(await stop()).toMatchObject({ success: true, message: "already stopped" });
    await expect(update(pattern)).rejects.toMatchObject({ code: "WrongState" });
  });

  test("control/a-channel-that-no-configuration-names-is-made-by-its-start", async () => {
    await using it = await running();
    await expect(call(it.control, stopChannel, { channelId: 7 })).rejects.toMatchObject({
      code: "UnknownChannel",
    });
    const format =
      '{"video":{"width":32,"height":16,"frame_rate":"25/1"},"audio":{"sample_rate":48000,"channels":2}}';
    const request = { channelId: 7, planHandle: pattern, programFormatJson: format };
    expect(await call(it.control, startChannel, request)).toMatchObject({ success: true });
    expect(it.engine.engine.channels.running(7)?.config.format).toMatchObject({ width: 32, height: 16 });
    await call(it.control, stopChannel, { channelId: 7 });
    expect(await call(it.control, stopChannel, { channelId: 7 })).toMatchObject({
      message: "already stopped",
    });
  });

  const formatOf = ({ rate = "25/1", sampleRate = 48_000, channels = 2 }) =>
    JSON.stringify({
      video: { width: 16, height: 16, frame_rate: rate },
      audio: { sample_rate: sampleRate, channels },
    });

  test("control/a-format-that-the-channels-encoder-does-not-take-is-refused-by-its-key", async () => {
    // 4500 is just enough at 25 pictures a second.
    const channels = `[
      { id: 1, plan: "${pattern}", autostart: false, encode: { muxRateKbps: 4500 } },
      { id: 2, plan: "${pattern}", autostart: false, encode: { audio: { codec: mp2 } } },
      { id: 3, plan: "${pattern}", autostart: false, outputs: [] },
    ]`;
    await using it = await running(channels);
    const start = (channelId: number, format: Parameters<typeof formatOf>[0]) =>
      call(it.control, startChannel, {
        channelId,
        planHandle: pattern,
        programFormatJson: formatOf(format),
      });
    const key = "program_format_json";
    for (const [channelId, format, field, expected] of [
      [1, { rate: "60000/1001" }, `${key}.video.frame_rate`, /muxRateKbps has room, 4500/],
      [1, { sampleRate: 96_000 }, `${key}.audio.sample_rate`, /muxRateKbps has room, 4500/],
      [2, { channels: 6 }, `${key}.audio.channels`, /1 or 2 sound channels with mp2/],
      [2, { sampleRate: 96_000 }, `${key}.audio.sample_rate`, /or 48000 samples per second with mp2/],
      [2, { sampleRate: 24_000 }, `${key}.audio.sample_rate`, /or 160 kbit\/s with mp2 at 24000/],
      [7, { sampleRate: 12_345 }, `${key}.audio.sample_rate`, /samples per second with aac/],
    ] as const) {
      await expect(start(channelId, format)).rejects.toMatchObject({
        code: "InvalidArgument",
        message: expect.stringMatching(expected),
        details: { field },
      });
      expect(it.engine.engine.channels.running(channelId)).toBeUndefined();
    }
    // A channel that nobody encodes has its sound on the bus, whatever it is.
    expect(await start(3, { sampleRate: 12_345 })).toMatchObject({ success: true, message: "started" });
  });

  test("control/a-port-in-use-is-named-and-the-channel-not-started", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    await using it = await running();
    const start = call(it.control, startChannel, { channelId: 1, planHandle: pattern, port });
    await expect(start).rejects.toMatchObject({
      code: "PortInUse",
      message: expect.stringContaining(String(port)),
    });
    expect(it.engine.engine.channels.running(1)).toBeUndefined();
    other.close();
  });

  test("control/a-port-serves-the-channel-and-is-free-after-stop", async () => {
    await using it = await running();
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    await call(it.control, startChannel, { channelId: 1, planHandle: pattern, port });
    expect((await fetch(`http://127.0.0.1:${port}/channel/2.ts`)).status).toBe(404);
    await call(it.control, stopChannel, { channelId: 1 });
    await expect(fetch(`http://127.0.0.1:${port}/channel/1.ts`)).rejects.toThrow();
    // And a start whose plan does not resolve leaves nothing behind.
    const bad = call(it.control, startChannel, { channelId: 1, planHandle: "./no.mp4", port });
    await expect(bad).rejects.toMatchObject({ code: "UnknownPlan" });
    await expect(fetch(`http://127.0.0.1:${port}/channel/1.ts`)).rejects.toThrow();
  });

  test("control/a-plan-that-does-not-resolve-is-refused-or-airs-slate-as-configured", async () => {
    await using refusing = await running();
    const start = call(refusing.control, startChannel, { channelId: 1, planHandle: "nobody" });
    await expect(start).rejects.toMatchObject({ code: "UnknownPlan" });
    await using lenient = await running(stopped, "unresolvedPlan: slate");
    const answer = await call(lenient.control, startChannel, { channelId: 1, planHandle: "nobody" });
    expect(answer).toMatchObject({ success: true, message: expect.stringMatching(/^started on slate: /) });
  });

  test("control/a-first-frame-that-takes-longer-is-a-success-on-slate", async () => {
    await using it = await running();
    writeFileSync(join(it.engine.folder, "broken.mp4"), "no media");
    writeFileSync(join(it.engine.folder, "p.yaml"), "segments: [{ uri: broken.mp4, duration: 60s }]\n");
    const answer = await call(it.control, startChannel, { channelId: 1, planHandle: "./p.yaml" });
    expect(answer).toMatchObject({ success: true, message: expect.stringMatching(/^started on slate: /) });
    expect(it.engine.engine.channels.running(1)).toBeDefined();
  });

  test("control/calls-on-one-channel-go-one-after-another", async () => {
    await using it = await running();
    const start = () => call(it.control, startChannel, { channelId: 1, planHandle: pattern });
    const stop = () => call(it.control, stopChannel, { channelId: 1 });
    const answers = await Promise.all([start(), start(), stop(), start(), stop(), stop()]);
    expect(answers.map(({ message }) => message)).toEqual([
      "started",
      "already started",
      "stopped",
      "started",
      "stopped",
      "already stopped",
    ]);
  });

  test("control/a-plan-that-was-stopped-begins-anew-and-revisions-count-on", async () => {
    await using it = await running();
    const start = () => call(it.control, startChannel, { channelId: 1, planHandle: pattern });
    await start();
    await it.engine.watch(1, 1_400);
    await call(it.control, stopChannel, { channelId: 1 });
    await start();
    const channel = it.engine.engine.channels.running(1);
    expect(channel?.plan.revision).toBe(2);
    const seen = await it.engine.watch(1, 1_000);
    expect(seen.map(({ frame }) => frame)).toEqual(
      seen.map(({ tick }) => (tick - (channel?.firstTick ?? 0)) % 25),
    );
  });

  test("lesson/48-a-channel-started-by-request-goes-on-after-a-restart-of-the-engine", async () => {
    const engine = new RunningEngine();
    await using _closed = engine;
    const config = smallConfig(stopped);
    const { control } = await engine.start(config);
    await call(control, startChannel, { channelId: 1, planHandle: `${pattern}&id=3` });
    await engine.watch(1, 1_000);
    const first = engine.engine.channels.running(1)?.firstTick ?? 0;
    await engine.stop();
    engine.atNs += 10_300_000_000n;
    const again = await engine.start(config);
    await call(again.control, startChannel, { channelId: 1, planHandle: `${pattern}&id=3` });
    const after = await engine.watch(1, 1_000);
    expect(after.map(({ frame }) => frame)).toEqual(after.map(({ tick }) => (tick - first) % 25));
    expect(engine.engine.channels.running(1)?.plan.revision).toBe(1);
  });

  test("lesson/49-the-correlation-id-is-on-log-event-and-error", async () => {
    await using it = await running();
    await call(it.control, startChannel, { channelId: 1, planHandle: pattern }, { correlationId: "req-1" });
    const error = await call(
      it.control,
      updatePlan,
      { channelId: 1, planHandle: "no" },
      { correlationId: "req-2" },
    ).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "UnknownPlan", details: { correlationId: "req-2" } });
    expect(it.engine.logged("call")).toMatchObject([
      { method: "PlayoutControl/StartChannel", channel: 1, correlation: "req-1", peer: "test" },
    ]);
    expect(it.engine.logged("call refused")).toMatchObject([
      { method: "PlayoutControl/UpdatePlan", channel: 1, correlation: "req-2", err: { code: "UnknownPlan" } },
    ]);
  });
});
