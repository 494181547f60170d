import { timestampDate } from "@bufbuild/protobuf/wkt";
import { ManualClock, type Tick } from "@retrovue/core";
import {
  ChannelState,
  type Event,
  PlayoutControl,
  PlayoutPlans,
  PlayoutStatus,
  planFromJson,
  SegmentOutcome,
  timestampToWire,
} from "@retrovue/protocol";
import { describe, expect, test } from "vitest";
import { RunningEngine, smallConfig } from "../running-engine.js";
import { call, stream } from "./calls.js";

const { stopChannel } = PlayoutControl.method;
const { applyPlan, getPlan } = PlayoutPlans.method;
const { listChannels, getChannel, watchEvents, checkPlan } = PlayoutStatus.method;

const asset = (id: number, seconds = 10) =>
  `test://pattern?duration=${seconds}s&size=16x16&mark=compact&id=${id}`;
const channels = `[{ id: 1, name: One, plan: "${asset(1)}", outputs: [] }, { id: 2, name: Two, autostart: false, outputs: [] }]`;
const plan = (...segments: readonly object[]) => planFromJson({ segments } as never);

async function running() {
  const engine = new RunningEngine();
  const { control } = await engine.start(smallConfig(channels));
  const { clock } = engine.engine;
  if (!(clock instanceof ManualClock)) throw new Error("time moves when told");
  const channel = () => {
    const one = engine.engine.channels.running(1);
    if (one === undefined) throw new Error("channel 1 runs");
    return one;
  };
  const pass = (ms: number) => engine.watch(1, ms);
  return {
    engine,
    control,
    clock,
    channel,
    pass,
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

async function take(events: AsyncIterator<Event>, until: (event: Event) => boolean): Promise<Event[]> {
  const taken: Event[] = [];
  for (;;) {
    const { value, done } = await events.next();
    if (done) return taken;
    taken.push(value);
    if (until(value)) return taken;
  }
}

describe("control/status", () => {
  test("control/lists-every-channel-in-the-order-of-ids", async () => {
    await using it = await running();
    const { engine, channels: listed } = await call(it.control, listChannels, {});
    expect(engine).toMatchObject({ engineId: "test-1", version: "0.0.0", draining: false });
    expect(listed.map(({ channelId, name, state }) => [channelId, name, state])).toEqual([
      [1, "One", ChannelState.BUFFERING],
      [2, "Two", ChannelState.STOPPED],
    ]);
  });

  test("control/tells-what-is-on-air-and-how-it-has-done", async () => {
    await using it = await running();
    await it.pass(3_000);
    const { channel } = await call(it.control, getChannel, { channelId: 1 });
    const tick = Number(channel?.tick);
    expect(tick).toBe(it.channel().grid.tickAtOrBefore(it.clock.now()));
    expect(channel).toMatchObject({
      state: ChannelState.READY,
      planRevision: 1n,
      planSource: asset(1),
      frameBus: "test-1/1",
      programFormat: { width: 16, height: 16, frameRate: { num: 25, den: 1 } },
      onAir: { segment: { uri: asset(1), index: 0 }, round: 0n, standIn: 0 },
      next: { segment: { uri: asset(1) } },
      clock: { source: "manual" },
    });
    const first = it.channel().firstTick;
    expect(Number(channel?.onAir?.firstTick)).toBe(first);
    expect(channel?.onAir?.elapsed).toMatchObject({ seconds: BigInt(Math.floor((tick - first) / 25)) });
    expect(channel?.depthFrames).toBeGreaterThan(5);
    expect(Number(channel?.counters?.framesPublished)).toBeGreaterThan(70);
    expect(channel?.counters?.standIns).toEqual([]);
    await expect(call(it.control, getChannel, { channelId: 9 })).rejects.toMatchObject({
      code: "UnknownChannel",
    });
    const { channel: two } = await call(it.control, getChannel, { channelId: 2 });
    expect(two).toMatchObject({
      state: ChannelState.STOPPED,
      planRevision: 0n,
      frameBus: "",
    });
  });

  test("control/events-tell-the-as-run-with-revision-and-cause", async () => {
    await using it = await running();
    const gone = new AbortController();
    const events = stream(it.control, watchEvents, { channelIds: [1] }, { signal: gone.signal });
    const [began] = await take(events, () => true);
    expect(began?.event.case).toBe("watchStarted");
    await it.pass(1_000);
    const next = plan({ uri: asset(2), duration: "1s" }, { uri: asset(3), duration: "20s" });
    const applied = await call(
      it.control,
      applyPlan,
      { channelId: 1, plan: next },
      { correlationId: "req-9" },
    );
    expect(applied).toMatchObject({ revision: 2n, changed: true, onAirKept: false, late: false });
    await it.pass(3_000);
    await call(it.control, stopChannel, { channelId: 1 }, { correlationId: "req-10" });
    const told = await take(
      events,
      ({ event }) => event.case === "segmentEnded" && event.value.outcome === SegmentOutcome.STOPPED,
    );
    const seen = told.map(({ event, planRevision, correlationId }) => {
      if (event.case === "segmentStarted") return `+${event.value.segment?.uri.at(-1)} r${planRevision}`;
      if (event.case === "segmentEnded") {
        const { segment, outcome, ticksAsPlanned, firstTick, endTick, standIns } = event.value;
        expect(ticksAsPlanned + standIns.reduce((sum, { ticks }) => sum + ticks, 0n)).toBe(
          endTick - firstTick,
        );
        return `-${segment?.uri.at(-1)} ${SegmentOutcome[outcome]}`;
      }
      return event.case === "planApplied" ? `plan ${event.value.source} ${correlationId}` : undefined;
    });
    expect(seen.filter((line) => line !== undefined)).toEqual([
      "+1 r1",
      "plan inline req-9",
      "-1 REPLACED",
      "+2 r2",
      "-2 COMPLETED",
      "+3 r2",
      "-3 STOPPED",
    ]);
    const sequences = told.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, n) => (sequences[0] ?? 0n) + BigInt(n)));
    expect(new Set(told.map(({ runId }) => runId)).size).toBe(1);
    gone.abort();
  });

  test("control/reading-the-state-and-watching-after-it-misses-nothing", async () => {
    await using it = await running();
    await it.pass(500);
    const { engine } = await call(it.control, listChannels, {});
    await call(it.control, applyPlan, { channelId: 1, plan: plan({ uri: asset(5), duration: "9s" }) });
    const gone = new AbortController();
    const events = stream(
      it.control,
      watchEvents,
      { runId: engine?.runId ?? "", afterSequence: engine?.eventSequence ?? 0n },
      { signal: gone.signal },
    );
    const told = await take(events, ({ event }) => event.case === "planApplied");
    expect(told.map(({ event }) => event.case)).toEqual(["watchStarted", "planApplied"]);
    gone.abort();
  });

  test("control/a-check-tells-of-each-segment-and-changes-nothing", async () => {
    await using it = await running();
    const checked = plan(
      { uri: asset(1), duration: "4s" },
      { uri: asset(1, 1), inPoint: "0.5s", duration: "2s" },
      { uri: "/outside/of/all.mp4", duration: "1s" },
      { duration: "1s" },
    );
    const before = it.channel().plan;
    const answer = await call(it.control, checkPlan, {
      channelId: 1,
      source: { case: "plan", value: checked },
    });
    expect(answer.willAir).toBe(false);
    expect(answer.segments.map(({ opens, decoder, failure }) => [opens, decoder, failure?.code])).toEqual([
      [true, "@retrovue/decoder-pattern", undefined],
      [true, "@retrovue/decoder-pattern", undefined],
      [false, "", "MediaForbidden"],
      [true, "", undefined],
    ]);
    expect(answer.segments[1]?.warnings.map(({ code }) => code)).toContain("ends-early");
    expect(answer.segments[0]).toMatchObject({ assetDuration: { seconds: 10n }, picture: { width: 16 } });
    expect(answer.duration).toMatchObject({ seconds: 8n });
    const broken = plan({ uri: asset(1), duration: "-4s" });
    const faulty = await call(it.control, checkPlan, { source: { case: "plan", value: broken } });
    expect(faulty).toMatchObject({
      willAir: false,
      faults: [{ path: "segments[0].duration" }],
      segments: [],
    });
    const byHandle = await call(it.control, checkPlan, { source: { case: "planHandle", value: asset(3) } });
    expect(byHandle).toMatchObject({ willAir: true, segments: [{ opens: true }] });
    expect(it.channel().plan).toBe(before);
  });
});

describe("control/plans as values", () => {
  test("control/a-plan-that-is-on-air-and-unchanged-plays-on-without-a-reopen", async () => {
    await using it = await running();
    await call(it.control, applyPlan, { channelId: 1, plan: plan({ uri: asset(2), duration: "20s" }) });
    const before = await it.pass(2_000);
    const opened = it.engine.lines.length;
    const longer = plan({ uri: asset(2), duration: "30s" }, { uri: asset(3), duration: "5s" });
    const answer = await call(it.control, applyPlan, { channelId: 1, plan: longer });
    expect(answer).toMatchObject({ changed: true, onAirKept: true });
    const after = await it.pass(2_000);
    expect(after[0]?.tick).toBe((before.at(-1)?.tick ?? 0) + 1);
    expect(after.map(({ frame }) => frame)).toEqual(after.map((_, n) => (before.at(-1)?.frame ?? 0) + 1 + n));
    expect(
      it.engine.lines.slice(opened).filter(({ message }) => String(message).startsWith("segment began")),
    ).toEqual([]);
    expect(await call(it.control, applyPlan, { channelId: 1, plan: longer })).toMatchObject({
      changed: false,
    });
  });

  test("control/a-plan-from-a-tick-changes-exactly-there-by-content", async () => {
    await using it = await running();
    await it.pass(1_000);
    const at = (it.channel().nextTick + 40) as Tick;
    const answer = await call(it.control, applyPlan, {
      channelId: 1,
      plan: plan({ uri: asset(2), duration: "20s" }),
      effective: { case: "effectiveTick", value: BigInt(at) },
    });
    expect(answer).toMatchObject({ effectiveTick: BigInt(at), late: false });
    const seen = await it.pass(4_000);
    const { plan: inForce } = it.channel();
    const id = inForce.segments.at(-1)?.id;
    expect(seen.filter(({ standIn }) => standIn !== undefined)).toEqual([]);
    expect(seen.find(({ segmentId }) => segmentId === id)?.tick).toBe(at);
    expect(seen.filter(({ tick }) => tick >= at).map(({ frame }) => frame)).toEqual(
      seen.filter(({ tick }) => tick >= at).map(({ tick }) => tick - at),
    );
  });

  test("control/a-loop-from-a-later-tick-loops-from-there", async () => {
    await using it = await running();
    await it.pass(1_000);
    const at = (it.channel().nextTick + 30) as Tick;
    const loop = planFromJson({ end: "loop", segments: [{ uri: asset(2, 1) }] });
    const { revision: told } = await call(it.control, applyPlan, {
      channelId: 1,
      plan: loop,
      effective: { case: "effectiveTick", value: BigInt(at) },
    });
    const seen = (await it.pass(5_000)).filter(({ tick }) => tick >= at);
    expect(seen.length).toBeGreaterThan(75);
    expect(seen.filter(({ standIn }) => standIn !== undefined)).toEqual([]);
    expect(seen.map(({ frame }) => frame)).toEqual(seen.map(({ tick }) => (tick - at) % 25));
    expect(it.channel().plan.end).toBe("loop");
    // It took a further revision; whoever was told the first one still speaks of the plan in force.
    expect(it.channel().plan.revision).toBe(Number(told) + 1);
    const next = plan({ uri: asset(3), duration: "20s" });
    const stale = call(it.control, applyPlan, { channelId: 1, plan: next, expectedRevision: told - 1n });
    await expect(stale).rejects.toMatchObject({ code: "RevisionConflict" });
    const changed = await call(it.control, applyPlan, { channelId: 1, plan: next, expectedRevision: told });
    expect(changed.changed).toBe(true);
    const again = call(it.control, applyPlan, { channelId: 1, plan: loop, expectedRevision: told });
    await expect(again).rejects.toMatchObject({ code: "RevisionConflict" });
  });

  test("control/a-committed-tick-is-taken-late-and-said-so", async () => {
    await using it = await running();
    await it.pass(1_000);
    const next = it.channel().nextTick;
    const answer = await call(it.control, applyPlan, {
      channelId: 1,
      plan: plan({ uri: asset(2), duration: "20s" }),
      effective: {
        case: "effectiveAt",
        value: timestampToWire(it.channel().grid.tickTime((next - 5) as Tick)),
      },
    });
    expect(answer).toMatchObject({ late: true, effectiveTick: BigInt(next) });
  });

  test("control/a-dry-run-answers-the-same-and-changes-nothing", async () => {
    await using it = await running();
    await it.pass(400);
    const request = { channelId: 1, plan: plan({ uri: asset(2), duration: "20s" }), dryRun: true };
    const dry = await call(it.control, applyPlan, request);
    expect(it.channel().plan.revision).toBe(1);
    const { dryRun: _, ...wet } = request;
    expect({ ...(await call(it.control, applyPlan, wet)) }).toEqual({ ...dry });
    expect(it.channel().plan.revision).toBe(2);
  });

  test("control/an-unexpected-revision-is-refused", async () => {
    await using it = await running();
    const request = { channelId: 1, plan: plan({ uri: asset(2), duration: "20s" }) };
    for (const expectedRevision of [0n, 2n])
      await expect(call(it.control, applyPlan, { ...request, expectedRevision })).rejects.toMatchObject({
        code: "RevisionConflict",
      });
    await call(it.control, applyPlan, { ...request, expectedRevision: 1n });
    expect(it.channel().plan.revision).toBe(2);
  });

  test("control/a-plan-read-back-may-be-sent-again", async () => {
    await using it = await running();
    const sent = plan(
      { uri: asset(2), duration: "5s", gainDb: -3 },
      { uri: asset(3, 4), labels: { a: "b" } },
    );
    await call(it.control, applyPlan, { channelId: 1, plan: sent });
    const read = await call(it.control, getPlan, { channelId: 1 });
    expect(read).toMatchObject({ revision: 2n, source: "inline" });
    expect(read.plan?.segments.every(({ id, duration }) => id.length === 32 && duration !== undefined)).toBe(
      true,
    );
    expect(read.appliedAt && timestampDate(read.appliedAt).getTime()).toBe(
      Number(it.clock.now() / 1_000_000n),
    );
    const again = await call(it.control, applyPlan, { channelId: 1, ...(read.plan && { plan: read.plan }) });
    expect(again).toMatchObject({ changed: false, revision: 2n });
    expect(await call(it.control, getPlan, { channelId: 1, revision: 1n })).toMatchObject({
      revision: 1n,
      source: asset(1),
    });
    await expect(call(it.control, getPlan, { channelId: 1, revision: 7n })).rejects.toMatchObject({
      code: "UnknownPlan",
    });
    await expect(call(it.control, getPlan, { channelId: 2 })).rejects.toMatchObject({ code: "UnknownPlan" });
  });

  test("control/faults-of-a-plan-are-named-all-at-once", async () => {
    await using it = await running();
    const broken = plan({ uri: asset(2), duration: "0s" }, { uri: asset(2), duration: "1s", gainDb: 99 });
    const error = await call(it.control, applyPlan, { channelId: 1, plan: broken }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "InvalidPlan" });
    expect(String((error as Error).message)).toContain("segments[0].duration");
    expect(String((error as Error).message)).toContain("segments[1].gainDb");
    await expect(call(it.control, applyPlan, { channelId: 1 })).rejects.toMatchObject({
      details: { field: "plan" },
    });
  });
});
