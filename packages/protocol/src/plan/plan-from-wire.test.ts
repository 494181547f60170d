import { create, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { mediaTime, PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import {
  type PlanSegment_Aspect,
  type PlanSegment_Kind,
  type PlayoutPlan,
  type PlayoutPlan_End,
  PlayoutPlanSchema,
} from "../gen/retrovue/playout_plans_pb.js";
import { assetsOfUnknownLength, planFaultsInMessage, planFromWire } from "./plan-from-wire.js";

const seconds = (n: number) => BigInt(n) * 1_000_000_000n;
const message = (json: JsonValue): PlayoutPlan => fromJson(PlayoutPlanSchema, json);
const read = (json: JsonValue) => planFromWire(message(json), { revision: 1 });

function faultsOf(plan: PlayoutPlan): readonly string[] {
  try {
    planFromWire(plan, { revision: 1 });
  } catch (error) {
    if (!PlayoutError.is(error, "InvalidPlan")) throw error;
    const told = planFaultsInMessage(plan, { revision: 1 });
    expect(error.details["faultCount"]).toBe(told.length);
    for (const { path } of told.slice(0, 10)) expect(error.message).toContain(path);
    return told.map(({ path }) => path);
  }
  expect(planFaultsInMessage(plan, { revision: 1 })).toEqual([]);
  return [];
}

describe("plan/what-is-left-out-has-its-meaning", () => {
  test("a segment with a uri is content, one without a pad", () => {
    const { segments } = read({ segments: [{ uri: "a.mp4", duration: "5s" }, { duration: "1s" }] });
    expect(segments.map(({ kind, asset }) => [kind, asset?.uri])).toEqual([
      ["content", "a.mp4"],
      ["pad", undefined],
    ]);
  });

  test("times, gain, fades and aspect", () => {
    const { start, end, segments } = read({ segments: [{ uri: "a.mp4", duration: "5s" }] });
    expect({ start, end }).toEqual({ start: undefined, end: "pad" });
    expect(segments[0]).toMatchObject({
      inPoint: 0n,
      duration: seconds(5),
      start: undefined,
      gainDb: 0,
      fadeInNs: 0n,
      fadeOutNs: 0n,
      aspect: undefined,
      labels: {},
    });
  });

  test("no duration means up to the asset's end", () => {
    const plan = message({
      segments: [
        { uri: "a.mp4" },
        { uri: "b.mp4", inPoint: "2s" },
        { uri: "a.mp4" },
        { uri: "c.mp4", duration: "1s" },
      ],
    });
    expect(assetsOfUnknownLength(plan)).toEqual(["a.mp4", "b.mp4"]);
    const lengths: Record<string, bigint> = { "a.mp4": seconds(10), "b.mp4": seconds(5) };
    const lengthOf = (uri: string) => mediaTime(lengths[uri] ?? 0n);
    const { segments } = planFromWire(plan, { revision: 1, lengthOf });
    expect(segments.map(({ duration }) => duration)).toEqual([10, 3, 10, 1].map(seconds));
  });

  test("an in-point beyond an asset's end, or a length that nobody knows, is a fault", () => {
    const plan = message({ segments: [{ uri: "a.mp4", inPoint: "10s" }] });
    const context = { revision: 1, lengthOf: () => mediaTime(seconds(10)) };
    expect(planFaultsInMessage(plan, context).map(({ path }) => path)).toEqual(["segments[0].inPoint"]);
    expect(faultsOf(plan)).toEqual(["segments[0].duration"]);
    expect(faultsOf(message({ segments: [{}] }))).toEqual(["segments[0].duration"]);
  });
});

describe("plan/ids-stay-with-their-segment", () => {
  const idsOf = (...segments: JsonValue[]) => read({ segments }).segments.map(({ id }) => id);
  const a = { uri: "a.mp4", duration: "5s" };
  const b = { uri: "b.mp4", duration: "5s" };

  test("a UUID is taken with or without dashes, in any case", () => {
    const id = "0190AB3C-7F12-7ABC-9DEF-0123456789ab";
    expect(idsOf({ ...a, id })).toEqual(["0190ab3c7f127abc9def0123456789ab"]);
    expect(idsOf({ ...a, id: id.replaceAll("-", "") })).toEqual(["0190ab3c7f127abc9def0123456789ab"]);
  });

  test("one that is derived survives edits around it and of its treatment", () => {
    const [first, second] = idsOf(a, b);
    expect(idsOf(b, a)).toEqual([second, first]);
    expect(idsOf({ ...a, duration: "7s", gainDb: -3, fadeIn: "1s" })).toEqual([first]);
    expect(idsOf({ ...a, inPoint: "1s" })).not.toEqual([first]);
  });

  test("two airings of the same asset are two segments", () => {
    const ids = idsOf(a, b, a, a, { duration: "1s" }, { duration: "1s" });
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe("plan/every-fault-is-named-with-its-place", () => {
  test.each<[string, JsonValue, string[]]>([
    ["no segments", {}, ["segments"]],
    ["a malformed id", { segments: [{ id: "first", duration: "1s" }] }, ["segments[0].id"]],
    [
      "a negative in-point",
      { segments: [{ uri: "a", inPoint: "-1s", duration: "1s" }] },
      ["segments[0].inPoint"],
    ],
    ["no length", { segments: [{ uri: "a", duration: "0s" }] }, ["segments[0].duration"]],
    ["a pad with an asset", { segments: [{ uri: "a", kind: "pad", duration: "1s" }] }, ["segments[0].uri"]],
    ["content without one", { segments: [{ kind: "content", duration: "1s" }] }, ["segments[0].uri"]],
    ["too long a uri", { segments: [{ uri: "a".repeat(5000), duration: "1s" }] }, ["segments[0].uri"]],
    [
      "too long a title",
      { segments: [{ uri: "a", title: "a".repeat(300), duration: "1s" }] },
      ["segments[0].title"],
    ],
    ["gain", { segments: [{ uri: "a", gainDb: 25, duration: "1s" }] }, ["segments[0].gainDb"]],
    [
      "gain that is no number",
      { segments: [{ uri: "a", gainDb: "NaN", duration: "1s" }] },
      ["segments[0].gainDb"],
    ],
    ["long fades", { segments: [{ uri: "a", duration: "1s", fadeIn: "2s" }] }, ["segments[0].fadeIn"]],
    [
      "a negative fade",
      { segments: [{ uri: "a", duration: "1s", fadeOut: "-1s" }] },
      ["segments[0].fadeOut"],
    ],
    [
      "an overlap",
      {
        segments: [
          { uri: "a", duration: "10s", start: "2026-03-01T20:00:00Z" },
          { uri: "b", duration: "10s", start: "2026-03-01T20:00:05Z" },
        ],
      },
      ["segments[1].start"],
    ],
    [
      "a start in a loop",
      { end: "loop", segments: [{ uri: "a", duration: "1s", start: "2026-03-01T20:00:00Z" }] },
      ["segments[0].start"],
    ],
    [
      "several at once",
      {
        segments: [
          { uri: "a", duration: "1s" },
          { uri: "b", gainDb: 99, inPoint: "-1s", duration: "1s" },
        ],
      },
      ["segments[1].inPoint", "segments[1].gainDb"],
    ],
  ])("%s", (_what, json, paths) => {
    expect(faultsOf(message(json))).toEqual(paths);
  });

  test("what a message can get wrong beyond its JSON form", () => {
    const length = (seconds: bigint, nanos: number) => create(DurationSchema, { seconds, nanos });
    const plan = create(PlayoutPlanSchema, {
      end: 9 as PlayoutPlan_End,
      start: { seconds: 1n << 60n },
      segments: [
        {
          uri: "a",
          duration: length(1n, -1),
          kind: 7 as PlanSegment_Kind,
          aspect: 8 as PlanSegment_Aspect,
        },
        { uri: "b", duration: length(1n, 0), fadeIn: length(0n, 1_000_000_000) },
      ],
    });
    expect(faultsOf(plan)).toEqual([
      "start",
      "end",
      "segments[0].kind",
      "segments[0].duration",
      "segments[0].aspect",
      "segments[1].fadeIn",
    ]);
  });

  test("ten in the message, all in the details, more counted", () => {
    const segments = Array.from({ length: 30 }, () => ({ uri: "a", duration: "1s", gainDb: 99 }));
    const plan = message({ segments });
    expect(faultsOf(plan)).toHaveLength(30);
    expect(() => read({ segments })).toThrow(/has 30 faults: .* and 20 more\.$/);
  });
});
