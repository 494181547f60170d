import {
  type Committer,
  type HouseGrid,
  ManualClock,
  MemoryFrameBus,
  mediaTime,
  type Nanoseconds,
  nanoseconds,
  nanosecondsFromMs,
  type Plan,
  PlayoutError,
  type Segment,
  type SupervisorEvent,
  silentMetrics,
  startPlan,
  type Tick,
  type WorkerHost,
} from "@retrovue/core";
import { expect, test } from "vitest";
import { readConfigText } from "../config/load.js";
import { openLog } from "../log/log.js";
import { SharedQuarantine } from "../workers/shared-quarantine.js";
import { ChannelRuntime, type ChannelRuntimeTools } from "./channel-runtime.js";
import { busSpecOf } from "./core-settings.js";

const text = `frameBus: { use: "@retrovue/engine/plugins/memory-bus" }
defaults: { format: { width: 16, height: 16, frameRate: 25 } }
channels: [{ id: 1, plan: test://bars }]
`;

/** What a channel is started with, and what becomes of it. */
async function stage() {
  const reading = readConfigText(text, "/playout.yaml", { environment: {} });
  const [config] = reading.ok ? reading.config.channels : [];
  if (config === undefined) throw new Error("the configuration is right");
  const clock = new ManualClock(nanoseconds(1_767_225_600_000_000_000n));
  const bus = new MemoryFrameBus({ clock });
  const spec = busSpecOf("test-1", 1, config, clock.mapping());
  const committer: Committer = await bus.create(spec, new AbortController().signal);
  const counts = { begun: 0, ended: 0, closed: 0 };
  const close = committer[Symbol.asyncDispose].bind(committer);
  committer[Symbol.asyncDispose] = async () => {
    counts.closed += 1;
    await close();
  };
  const events: SupervisorEvent[] = [];
  const workers: WorkerHost = {
    spawn: (_order, listener) => {
      counts.begun += 1;
      const end = () => {
        counts.ended += 1;
        queueMicrotask(() => listener.onExit({ cause: "stopped", suspects: [] }));
      };
      const idle = { setPlan() {}, setPreview() {}, release() {} };
      return { ...idle, hold: async () => undefined, kill: end, stop: end };
    },
  };
  const tools: ChannelRuntimeTools = {
    engineId: "test-1",
    clock,
    bus,
    workers,
    quarantine: new SharedQuarantine(),
    metrics: silentMetrics,
    openOutputs: () => undefined,
    log: openLog({ level: "fatal", format: "json", now: () => 0n, write: () => {} }),
    onEvent: (event) => events.push(event),
  };
  return { clock, config, tools, committer, counts, events };
}

const pad: Segment = {
  id: "1".padStart(32, "0"),
  kind: "pad",
  asset: undefined,
  inPoint: mediaTime(0n),
  duration: nanosecondsFromMs(600_000),
  start: undefined,
  gainDb: 0,
  fadeInNs: nanoseconds(0n),
  fadeOutNs: nanoseconds(0n),
  aspect: undefined,
  labels: {},
};

const planFrom =
  (start: Nanoseconds | undefined) =>
  (first: Tick, grid: HouseGrid): Plan =>
    startPlan({ revision: 1, start, end: "pad", segments: [pad] }, first, grid);
const none = 0n as Nanoseconds;

test("channels/one-whose-outputs-do-not-open-leaves-neither-worker-nor-bus", async () => {
  const { clock, config, tools, committer, counts, events } = await stage();
  const failure = new PlayoutError("Internal", "the outputs do not open");
  const openOutputs = () => {
    throw failure;
  };
  const beginning = { planFor: planFrom(undefined), patienceNs: none };
  const starting = ChannelRuntime.start(config, { ...tools, openOutputs }, beginning, committer);
  await expect(starting).rejects.toBe(failure);
  expect(counts).toEqual({ begun: 1, ended: 1, closed: 1 });
  // Nobody looks after it any more.
  const told = events.length;
  await clock.advanceBy(nanosecondsFromMs(5_000));
  expect(events).toHaveLength(told);
  expect(events.filter(({ type }) => type === "worker-replaced")).toEqual([]);
});

test.each([
  ["a plan that begins now, and somebody waits", undefined, 0, 181],
  ["a plan that begins now, and nobody waits", undefined, 500, 681],
  ["a plan that has its place in time", -60_000, 500, 181],
  ["a plan that is to begin later", 60_000, 500, 181],
])("channels/first-tick-of %s", async (_, startMs, patienceMs, afterMs) => {
  const { clock, config, tools, committer } = await stage();
  const now = clock.now();
  const start = startMs === undefined ? undefined : nanoseconds(now + BigInt(startMs) * 1_000_000n);
  const beginning = { planFor: planFrom(start), patienceNs: nanosecondsFromMs(patienceMs) };
  const channel = await ChannelRuntime.start(config, tools, beginning, committer);
  // 80 ms of guard, a tenth of a second for the worker, up to the next tick, and the patience.
  expect(channel.firstTick).toBe(channel.grid.tickAtOrAfter(nanoseconds(now + BigInt(afterMs) * 1_000_000n)));
  expect(channel.plan.start).toBe(start ?? channel.grid.tickTime(channel.firstTick));
  await channel.stop();
});
