import { ChannelSupervisor, ManualClock, type Tick } from "@retrovue/core";
import { PlayoutPlans, planFromJson } from "@retrovue/protocol";
import { afterEach, describe, expect, test, vi } from "vitest";
import { RunningEngine, smallConfig } from "../running-engine.js";
import { call } from "./calls.js";

const { applyPlan } = PlayoutPlans.method;
const asset = (id: number, seconds = 10) =>
  `test://pattern?duration=${seconds}s&size=16x16&mark=compact&id=${id}`;
const config = smallConfig(`[{ id: 1, name: One, plan: "${asset(1)}", outputs: [] }]`);

const channelOf = ({ engine }: RunningEngine) => {
  const channel = engine.channels.running(1);
  if (channel === undefined) throw new Error("channel 1 runs");
  return channel;
};

/** Has a loop of so many milliseconds begin so many ticks after the first one that can still change. */
async function loopFrom(running: RunningEngine, ticks: number, ms: number) {
  const at = (channelOf(running).nextTick + ticks) as Tick;
  const plan = planFromJson({ end: "loop", segments: [{ uri: asset(2), duration: `${ms / 1_000}s` }] });
  const { revision } = await call(running.engine.control, applyPlan, {
    channelId: 1,
    plan,
    effective: { case: "effectiveTick", value: BigInt(at) },
  });
  return { at, plan, told: revision };
}

afterEach(() => vi.restoreAllMocks());

describe("control/plans that follow", () => {
  test.each([
    ["before its tick, and comes back before it", 80, 0],
    ["before its tick, and comes back within its first round", 80, 3_300],
    ["before its tick, and comes back rounds later", 80, 7_777_000],
  ])(
    "control/a-loop-that-begins-later-loops-from-there-though-the-engine-was-away: %s",
    async (_, ticks, awayMs) => {
      await using running = new RunningEngine();
      await running.start(config);
      await running.watch(1, 1_000);
      const { at, plan, told } = await loopFrom(running, ticks, 1_000);
      await running.watch(1, 400);
      await running.stop();
      running.atNs += BigInt(awayMs) * 1_000_000n;

      await running.start(config);
      const seen = (await running.watch(1, 6_000)).filter(({ tick }) => tick >= at);
      expect(seen.length).toBeGreaterThan(60);
      expect(seen.filter(({ standIn }) => standIn !== undefined)).toEqual([]);
      expect(seen.map(({ frame }) => frame)).toEqual(seen.map(({ tick }) => (tick - at) % 25));
      // To whoever sent it this is still the plan of the revision that it was told.
      const channel = channelOf(running);
      expect(channel.plan).toMatchObject({ end: "loop", revision: Number(told) + 1 });
      const { control } = running.engine;
      const stale = call(control, applyPlan, { channelId: 1, plan, expectedRevision: told - 1n });
      await expect(stale).rejects.toMatchObject({ code: "RevisionConflict" });
      const next = planFromJson({ segments: [{ uri: asset(3) }] });
      const changed = await call(control, applyPlan, { channelId: 1, plan: next, expectedRevision: told });
      expect(changed.changed).toBe(true);
    },
  );

  test("control/a-loop-shorter-than-the-lead-loops-from-its-tick-without-a-gap", async () => {
    await using running = new RunningEngine();
    await running.start(config);
    await running.watch(1, 1_000);
    const { at } = await loopFrom(running, 40, 200);
    const seen = (await running.watch(1, 5_000)).filter(({ tick }) => tick >= at);
    expect(seen.filter(({ standIn }) => standIn !== undefined)).toEqual([]);
    expect(seen.map(({ frame }) => frame)).toEqual(seen.map(({ tick }) => (tick - at) % 5));
  });

  test("control/another-plan-that-comes-before-its-tick-is-followed-by-nothing", async () => {
    await using running = new RunningEngine();
    await running.start(config);
    await running.watch(1, 1_000);
    await loopFrom(running, 60, 1_000);
    const plan = planFromJson({ segments: [{ uri: asset(3, 60), duration: "60s" }] });
    const { revision } = await call(running.engine.control, applyPlan, { channelId: 1, plan });
    await running.watch(1, 6_000);
    expect(channelOf(running).plan.revision).toBe(Number(revision));
    await running.stop();
    await running.start(config);
    await running.watch(1, 3_000);
    expect(channelOf(running).plan.revision).toBe(Number(revision));
  });
});

describe("control/edits at the same moment", () => {
  test("control/each-edit-has-the-worker-wait-for-itself-alone", async () => {
    await using running = new RunningEngine();
    await running.start(config);
    await running.watch(1, 1_000);
    const told: string[] = [];
    const { hold, release, applyPlan: put } = ChannelSupervisor.prototype;
    vi.spyOn(ChannelSupervisor.prototype, "hold").mockImplementation(function (this: ChannelSupervisor) {
      told.push("hold");
      return hold.call(this);
    });
    vi.spyOn(ChannelSupervisor.prototype, "release").mockImplementation(function (this: ChannelSupervisor) {
      told.push("release");
      release.call(this);
    });
    vi.spyOn(ChannelSupervisor.prototype, "applyPlan").mockImplementation(function (
      this: ChannelSupervisor,
      plan,
    ) {
      told.push("plan");
      return put.call(this, plan);
    });
    // What a reload does, and two calls.
    const { channels, control } = running.engine;
    const signal = new AbortController().signal;
    const value = (id: number) => ({ channelId: 1, plan: planFromJson({ segments: [{ uri: asset(id) }] }) });
    const [, first] = await Promise.all([
      channels.update(1, asset(4), "configuration", signal),
      call(control, applyPlan, value(5)),
      channels.update(1, asset(6), "configuration", signal),
    ]);
    expect(told).toEqual(["hold", "plan", "release", "hold", "plan", "release", "hold", "plan", "release"]);
    expect(Number(first.revision)).toBeLessThanOrEqual(4);
    expect(channelOf(running).plan.revision).toBe(4);
  });

  test("control/a-reload-that-comes-first-is-a-revision-that-a-call-did-not-expect", async () => {
    await using running = new RunningEngine();
    await running.start(config);
    await running.watch(1, 1_000);
    const { channels, control, clock } = running.engine;
    expect(clock).toBeInstanceOf(ManualClock);
    const channel = channelOf(running);
    // An edit that is at work while the call is checked, and ends before the call's turn.
    const gate = Promise.withResolvers<void>();
    const { hold } = ChannelSupervisor.prototype;
    vi.spyOn(ChannelSupervisor.prototype, "hold").mockImplementationOnce(async function (
      this: ChannelSupervisor,
    ) {
      await gate.promise;
      return await hold.call(this);
    });
    const signal = new AbortController().signal;
    const reloaded = channels.update(1, asset(4), "configuration", signal);
    await vi.waitFor(() => expect(ChannelSupervisor.prototype.hold).toHaveBeenCalledOnce());
    const plan = planFromJson({ segments: [{ uri: asset(5), duration: "5s" }] });
    const sent = call(control, applyPlan, { channelId: 1, plan, expectedRevision: 1n }).catch(
      (thrown: unknown) => thrown,
    );
    gate.resolve();
    expect((await reloaded).changed).toBe(true);
    expect(await sent).toMatchObject({ code: "RevisionConflict" });
    expect(channel.plan.revision).toBe(2);
  });
});
