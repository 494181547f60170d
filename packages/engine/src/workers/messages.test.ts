import { deserialize, serialize } from "node:v8";
import {
  type ChannelEvent,
  HouseGrid,
  mediaTime,
  nanoseconds,
  PlayoutError,
  rational,
  startPlan,
  type Tick,
  Timeline,
} from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { fromPlainEvent, readFromWorker, readToWorker, toPlainEvent } from "./messages.js";
import { SharedQuarantine } from "./shared-quarantine.js";

const grid = new HouseGrid(rational(25, 1), 48_000);
const plan = startPlan(
  {
    revision: 3,
    start: undefined,
    end: "loop",
    segments: [
      {
        id: "1".repeat(32),
        kind: "content",
        asset: { uri: "/a.mp4" },
        inPoint: mediaTime(0n),
        duration: nanoseconds(10_000_000_000n),
        start: undefined,
        gainDb: 0,
        fadeInNs: nanoseconds(0n),
        fadeOutNs: nanoseconds(0n),
        aspect: undefined,
        labels: { a: "b" },
      },
    ],
  },
  1_000 as Tick,
  grid,
);
const place = new Timeline(plan, grid).at(1_000 as Tick);

/** As the pipe between processes carries it. */
const carried = <T>(value: T): unknown => deserialize(serialize(value));

describe("workers/messages", () => {
  const events: readonly ChannelEvent[] = [
    { type: "worker-began", tick: 5 as Tick },
    ...(place.in === "segment"
      ? [{ type: "segment-began" as const, tick: 5 as Tick, place, ready: true }]
      : []),
    {
      type: "source-failed",
      tick: 5 as Tick,
      failure: {
        asset: { uri: "/a.mp4", title: "A" },
        error: new PlayoutError("MediaCorrupt", "Broken.", { remedy: "Mend it." }),
        reason: "decodeFailed",
        decoderIndex: undefined,
        retry: { afterNs: nanoseconds(1n), exhausted: false },
      },
    },
    { type: "corrected", tick: 5 as Tick, uri: "/a.mp4" },
    { type: "decoder-stuck", uri: "/a.mp4", decoderIndex: 1 },
    { type: "ticks-skipped", from: 5 as Tick, ticks: 3 },
  ];

  test.each(events.map((event) => [event.type, event] as const))(
    "workers/events-cross-whole: %s",
    (_, event) => {
      const told = readFromWorker(carried({ kind: "event", event: toPlainEvent(event) }));
      if (told.kind !== "event") expect.unreachable();
      const heard = fromPlainEvent(told.event);
      expect(heard).toEqual(event);
      if (heard.type === "source-failed") expect(heard.failure.error).toBeInstanceOf(PlayoutError);
    },
  );

  test("workers/plans-cross-whole", () => {
    const told = readToWorker(carried({ kind: "plan", plan }));
    expect(told.kind === "plan" && told.plan).toEqual(plan);
  });

  test.each([
    ["nothing", undefined],
    ["another kind", { kind: "shout" }],
    ["a tick that is none", { kind: "event", event: { type: "worker-began", tick: 1.5 } }],
    ["an event that is none", { kind: "event", event: { type: "explode" } }],
    ["an endless address", { kind: "event", event: { type: "corrected", tick: 1, uri: "x".repeat(5_000) } }],
    ["a metric that is none", { kind: "metrics", counts: [{ metric: "mine", by: 1 }], observations: [] }],
    [
      "a counter that falls",
      { kind: "metrics", counts: [{ metric: "corrections", by: -1 }], observations: [] },
    ],
    ["an error code that is none", { kind: "failed", error: { code: "Oops", what: "x" } }],
  ])("workers/what-a-worker-may-not-say: %s", (_, message) => {
    expect(() => readFromWorker(carried(message))).toThrow(PlayoutError);
  });

  test("workers/what-the-engine-may-not-say", () => {
    expect(() => readToWorker({ kind: "plan", plan: { ...plan, segments: [] } })).toThrow(/not understood/);
    expect(() => readToWorker({ kind: "mapping", mapping: { sequence: 1 } })).toThrow(/not understood/);
  });
});

describe("workers/quarantine", () => {
  test("workers/bars-are-told-as-they-come-and-to-those-who-begin-later", () => {
    const quarantine = new SharedQuarantine();
    const heard: unknown[] = [];
    const listening = quarantine.onBar((bar) => heard.push(bar));
    quarantine.bar({ uri: "/a.mp4", decoderIndex: 0 });
    quarantine.bar({ uri: "/b.mp4", decoderIndex: 1 }, nanoseconds(9n));
    expect(heard).toEqual([
      { uri: "/a.mp4", decoderIndex: 0, until: undefined },
      { uri: "/b.mp4", decoderIndex: 1, until: 9n },
    ]);
    expect(quarantine.bars()).toEqual(heard);
    expect(quarantine.isBarred("/a.mp4", 0, nanoseconds(100n))).toBe(true);
    listening[Symbol.dispose]();
    quarantine.clear("/a.mp4");
    quarantine.bar({ uri: "/c.mp4", decoderIndex: 0 });
    expect(quarantine.bars().map(({ uri }) => uri)).toEqual(["/b.mp4", "/c.mp4"]);
    expect(heard).toHaveLength(2);
  });
});
