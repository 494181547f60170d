import { ManualClock, ptsOfTick, type Tick } from "@retrovue/core";
import {
  ControlStyle,
  PlayoutControl,
  PlayoutPlans,
  PlayoutStatus,
  planFromJson,
  ResultCode,
} from "@retrovue/protocol";
import { describe, expect, test } from "vitest";
import { RunningEngine, smallConfig } from "../running-engine.js";
import { call } from "./calls.js";

const { startChannel, updatePlan, stopChannel, loadPreview, switchToLive } = PlayoutControl.method;

const asset = (id: number, seconds = 60) =>
  `test://pattern?duration=${seconds}s&size=16x16&mark=compact&id=${id}`;
const channels = `[{ id: 1, plan: "${asset(1)}", outputs: [] }, { id: 2, autostart: false, outputs: [] }]`;

async function running(config = channels) {
  const engine = new RunningEngine();
  const { control } = await engine.start(smallConfig(config));
  const { clock } = engine.engine;
  if (!(clock instanceof ManualClock)) throw new Error("time moves when told");
  const channel = () => {
    const one = engine.engine.channels.running(1);
    if (one === undefined) throw new Error("channel 1 runs");
    return one;
  };
  const load = (id: number, more: object = {}) =>
    call(control, loadPreview, { channelId: 1, assetPath: asset(id), frameCount: -1n, ...more });
  const go = (targetBoundaryTimeMs = 0n) =>
    call(control, switchToLive, { channelId: 1, targetBoundaryTimeMs });
  const pass = (ms: number) => engine.watch(1, ms);
  return {
    engine,
    control,
    channel,
    load,
    go,
    pass,
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

describe("control/preview and switch", () => {
  test("control/a-switch-without-a-preview-is-a-violation-not-a-status", async () => {
    await using it = await running();
    expect(await it.go()).toMatchObject({
      success: false,
      resultCode: ResultCode.PROTOCOL_VIOLATION,
      violationReason: expect.stringContaining("FAILED"),
    });
    await expect(call(it.control, switchToLive, { channelId: 9 })).rejects.toMatchObject({
      code: "UnknownChannel",
    });
    await expect(call(it.control, switchToLive, { channelId: 2 })).rejects.toMatchObject({
      code: "WrongState",
    });
  });

  test("control/switch-now-takes-the-next-tick-not-committed-100-of-100-by-content", async () => {
    await using it = await running();
    await it.pass(1_000);
    for (let n = 0; n < 100; n++) {
      const inFrame = (n * 7) % 50;
      expect(await it.load(2 + (n % 5), { startFrame: BigInt(inFrame) })).toMatchObject({
        success: true,
        shadowDecodeStarted: true,
        resultCode: ResultCode.OK,
      });
      const next = it.channel().nextTick;
      const switching = it.go();
      const seen = await it.pass(800);
      const answer = await switching;
      expect(answer).toMatchObject({
        success: true,
        ptsContiguous: true,
        message: "on air",
        resultCode: ResultCode.OK,
      });
      expect(answer.liveStartPts).toBe(ptsOfTick(it.channel().grid, next));
      const ticks = seen.filter(({ tick }) => tick >= next);
      expect(ticks[0]?.tick).toBe(next);
      expect(ticks.map(({ frame }) => frame)).toEqual(ticks.map(({ tick }) => inFrame + tick - next));
      expect(new Set(ticks.map(({ segmentId }) => segmentId)).size).toBe(1);
    }
  }, 60_000);

  test("control/switch-at-a-boundary-takes-exactly-its-tick-100-of-100-by-content", async () => {
    await using it = await running();
    await it.pass(1_000);
    for (let n = 0; n < 100; n++) {
      await it.load(2 + (n % 5));
      const wanted = (it.channel().nextTick + 3 + ((n * 11) % 20)) as Tick;
      const targetMs = BigInt(it.channel().grid.tickTime(wanted) / 1_000_000n) - BigInt(n % 40);
      const switching = it.go(targetMs);
      const seen = await it.pass(2_000);
      const answer = await switching;
      expect(answer).toMatchObject({ success: true, message: "on air" });
      expect(answer.switchCompletionTimeMs).toBe(it.channel().grid.tickTime(wanted) / 1_000_000n);
      const ticks = seen.filter(({ tick }) => tick >= wanted);
      expect(ticks.map(({ frame }) => frame)).toEqual(ticks.map(({ tick }) => tick - wanted));
      const before = seen.filter(({ tick }) => tick < wanted);
      expect(before.every(({ segmentId }) => segmentId !== ticks[0]?.segmentId)).toBe(true);
    }
  }, 60_000);

  test("control/a-switch-at-once-is-not-ready-until-the-preview-is-primed", async () => {
    await using it = await running();
    await it.pass(1_000);
    const loading = it.load(3);
    const early = await it.go();
    expect(early).toMatchObject({ success: false, resultCode: ResultCode.NOT_READY });
    expect(await loading).toMatchObject({ success: true, message: expect.stringMatching(/^primed/) });
    const switching = it.go();
    await it.pass(800);
    expect(await switching).toMatchObject({ success: true, message: "on air" });
  });

  test("lesson/28-a-committed-target-is-taken-at-the-next-free-tick-and-reported-late", async () => {
    await using it = await running();
    await it.pass(1_000);
    await it.load(3);
    const { grid, nextTick } = it.channel();
    const switching = it.go(grid.tickTime((nextTick - 8) as Tick) / 1_000_000n);
    await it.pass(800);
    const answer = await switching;
    expect(answer).toMatchObject({ success: true, message: expect.stringContaining("late") });
    expect(answer.liveStartPts).toBe(ptsOfTick(grid, nextTick));
  });

  test("control/a-preview-that-does-not-open-fails-without-touching-the-air", async () => {
    await using it = await running();
    await it.pass(500);
    const failed = await call(it.control, loadPreview, {
      channelId: 1,
      assetPath: "/no/such.mp4",
      frameCount: -1n,
    }).catch((thrown: unknown) => thrown);
    expect(failed).toMatchObject({ success: false, resultCode: ResultCode.FAILED });
    expect(await it.go()).toMatchObject({ success: false, resultCode: ResultCode.FAILED });
    const beyond = await it.load(3, { startFrame: 100_000n });
    expect(beyond).toMatchObject({ success: false, message: expect.stringContaining("start_frame") });
    expect(it.channel().plan.revision).toBe(1);
  });

  test("control/a-second-preview-replaces-the-first-and-a-second-switch-is-busy", async () => {
    await using it = await running();
    await it.pass(1_000);
    await it.load(3);
    await it.load(4);
    const at = (it.channel().nextTick + 10) as Tick;
    const first = it.go(it.channel().grid.tickTime(at) / 1_000_000n);
    await it.load(5);
    expect(await it.go()).toMatchObject({ resultCode: ResultCode.REJECTED_BUSY });
    await it.pass(2_000);
    expect(await first).toMatchObject({ success: true });
    const { channel } = await call(it.control, PlayoutStatus.method.getChannel, { channelId: 1 });
    expect(channel?.onAir?.segment?.uri).toBe(asset(4));
    expect(channel).toMatchObject({ planSource: "preview", controlStyle: ControlStyle.PREVIEW });
  });

  test("control/so-many-frames-at-a-rate-are-shown-and-then-pad", async () => {
    await using it = await running();
    await it.pass(1_000);
    await it.load(3, { startFrame: 10n, frameCount: 50n, fpsNumerator: 50, fpsDenominator: 1 });
    const next = it.channel().nextTick;
    const switching = it.go();
    const seen = (await it.pass(3_000)).filter(({ tick }) => tick >= next);
    await switching;
    const shown = seen.filter(({ frame }) => frame !== undefined);
    expect(shown).toHaveLength(25);
    expect(shown[0]?.frame).toBe(5);
    expect(seen[25]).toMatchObject({ frame: undefined, standIn: "black" });
  });

  test("control/a-preview-ends-with-the-channel-though-no-request-stopped-it", async () => {
    await using it = await running();
    await it.pass(1_000);
    await it.load(3);
    const { channels } = it.engine.engine;
    // As for want of viewers: it goes on with its plan when somebody comes, by another worker.
    await channels.stop(1);
    await expect(it.go()).rejects.toMatchObject({ code: "WrongState" });
    await channels.start(1);
    await it.pass(1_000);
    const answers = [
      await it.go(),
      await it.go(it.channel().grid.tickTime(it.channel().nextTick) / 1_000_000n),
    ];
    for (const answer of answers)
      expect(answer).toMatchObject({ success: false, resultCode: ResultCode.PROTOCOL_VIOLATION });
    expect(await it.load(3)).toMatchObject({ success: true, message: expect.stringMatching(/^primed/) });
    const switching = it.go();
    await it.pass(800);
    expect(await switching).toMatchObject({ success: true, message: "on air" });
  });

  test("control/styles-are-not-mixed-until-the-channel-is-stopped", async () => {
    await using it = await running();
    const update = () => call(it.control, updatePlan, { channelId: 1, planHandle: asset(7) });
    await it.load(3);
    await expect(update()).rejects.toMatchObject({ code: "MixedStyles" });
    const plan = planFromJson({ segments: [{ uri: asset(8), duration: "5s" }] });
    const apply = () => call(it.control, PlayoutPlans.method.applyPlan, { channelId: 1, plan });
    await expect(apply()).rejects.toMatchObject({ code: "MixedStyles" });
    await call(it.control, stopChannel, { channelId: 1 });
    await call(it.control, startChannel, { channelId: 1, planHandle: asset(1) });
    await update();
    await expect(it.load(3)).rejects.toMatchObject({ code: "MixedStyles" });
    expect(await it.go().catch((thrown: unknown) => thrown)).toMatchObject({ code: "MixedStyles" });
  });

  test.each(["demand", "configuration"] as const)(
    "control/style-preview-and-waiting-switch-end-with-their-channel-whoever-stops-it: %s",
    async (by) => {
      await using it = await running(`[{ id: 1, plan: "${asset(1)}", run: on-demand, outputs: [] }]`);
      const { channels: registry, addresses } = it.engine.engine;
      const wake = () => fetch(`http://${addresses.view}/channel/1.ts`);
      const update = (id: number) => call(it.control, updatePlan, { channelId: 1, planHandle: asset(id) });
      await wake();
      await it.load(3);
      const later = BigInt(it.engine.engine.clock.now() / 1_000_000n) + 600_000n;
      const gone = new AbortController();
      const request = { channelId: 1, targetBoundaryTimeMs: later };
      const left = expect(call(it.control, switchToLive, request, gone)).rejects.toThrow();
      await registry.stop(1, by);
      await wake();
      expect((await update(7)).success).toBe(true);
      await expect(it.load(3)).rejects.toMatchObject({ code: "MixedStyles" });

      await registry.stop(1, by);
      await wake();
      const { channel } = await call(it.control, PlayoutStatus.method.getChannel, { channelId: 1 });
      expect(channel?.controlStyle).toBe(ControlStyle.PLAN);
      expect(await it.go()).toMatchObject({ resultCode: ResultCode.PROTOCOL_VIOLATION });
      await it.load(4);
      const switching = it.go();
      await it.pass(800);
      expect(await switching).toMatchObject({ success: true, message: "on air" });
      gone.abort();
      await left;
    },
  );
});
