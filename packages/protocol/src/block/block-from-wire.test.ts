import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { createPlan, PlayoutError } from "@retrovue/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BlockPlanSchema,
  type BlockSegmentSchema,
  SegmentType,
  TransitionType,
} from "../gen/retrovue/playout_pb.js";
import { blockFromWire } from "./block-from-wire.js";

const startUtcMs = 1_772_395_200_000n;
type SegmentInit = MessageInitShape<typeof BlockSegmentSchema>;
type BlockInit = MessageInitShape<typeof BlockPlanSchema>;

const good: SegmentInit[] = [
  {
    segmentIndex: 0,
    assetUri: "/srv/media/film.mkv",
    assetStartOffsetMs: 1_500n,
    segmentDurationMs: 20_000n,
    eventId: "ev-1",
    segmentUuid: "0190AB3C-7F12-7ABC-9DEF-0123456789AB",
    assetUuid: "asset-7",
    transitionIn: TransitionType.TRANSITION_FADE,
    transitionInDurationMs: 500,
    transitionOut: TransitionType.TRANSITION_NONE,
    transitionOutDurationMs: 900,
    gainDb: -2.5,
  },
  {
    segmentIndex: 1,
    assetUri: "/srv/media/ad.mp4",
    segmentDurationMs: 8_000n,
    segmentType: SegmentType.FILLER,
  },
  { segmentIndex: 2, segmentDurationMs: 2_000n, segmentType: SegmentType.PAD },
];

const block = (over: BlockInit = {}, segments: SegmentInit[] = good) =>
  create(BlockPlanSchema, {
    blockId: "b1",
    channelId: 1,
    startUtcMs,
    endUtcMs: startUtcMs + 30_000n,
    broadcastDate: "2026-03-01",
    segments,
    ...over,
  });

const read = (over: BlockInit = {}, segments?: SegmentInit[]) =>
  blockFromWire(block(over, segments), { channelId: 1, field: "block_a" });

const withFirst = (over: SegmentInit): SegmentInit[] => [
  { ...good[0], ...over } as SegmentInit,
  ...good.slice(1),
];

describe("block/segments-mean-what-the-contract-says", () => {
  test("times, treatment and names", () => {
    const { id, start, end, segments } = read();
    expect({ id, start, end }).toEqual({
      id: "b1",
      start: startUtcMs * 1_000_000n,
      end: (startUtcMs + 30_000n) * 1_000_000n,
    });
    expect(segments[0]).toEqual({
      id: "0190ab3c7f127abc9def0123456789ab",
      kind: "content",
      asset: { uri: "/srv/media/film.mkv" },
      inPoint: 1_500_000_000n,
      duration: 20_000_000_000n,
      start,
      gainDb: -2.5,
      fadeInNs: 500_000_000n,
      fadeOutNs: 0n,
      aspect: undefined,
      labels: {
        block_id: "b1",
        broadcast_date: "2026-03-01",
        event_id: "ev-1",
        segment_uuid: "0190AB3C-7F12-7ABC-9DEF-0123456789AB",
        asset_uuid: "asset-7",
      },
    });
    expect(segments.slice(1).map(({ kind, start, asset }) => [kind, start, asset?.uri])).toEqual([
      ["filler", undefined, "/srv/media/ad.mp4"],
      ["pad", undefined, undefined],
    ]);
  });

  test("an empty uri is a pad, and a pad's uri is not opened", () => {
    const { segments } = read({}, withFirst({ assetUri: "" }));
    expect(segments[0]).toMatchObject({ kind: "pad", asset: undefined, inPoint: 0n });
    const pad = read({}, withFirst({ segmentType: SegmentType.PAD }));
    expect(pad.segments[0]).toMatchObject({ kind: "pad", asset: undefined, inPoint: 0n });
  });

  test("fades never outgrow their segment", () => {
    const fade = TransitionType.TRANSITION_FADE;
    const both = { transitionIn: fade, transitionOut: fade };
    const long = { ...both, transitionInDurationMs: 60_000, transitionOutDurationMs: 60_000 };
    expect(read({}, withFirst(long)).segments[0]).toMatchObject({ fadeInNs: 20_000_000_000n, fadeOutNs: 0n });
    const uneven = { ...both, transitionInDurationMs: 15_000, transitionOutDurationMs: 15_000 };
    expect(read({}, withFirst(uneven)).segments[0]).toMatchObject({
      fadeInNs: 15_000_000_000n,
      fadeOutNs: 5_000_000_000n,
    });
  });

  test("ids are the scheduler's where they are UUIDs of their own, else made up alike on every engine", () => {
    const named = read({}, withFirst({ segmentUuid: "seg-1" })).segments.map(({ id }) => id);
    expect(named).toEqual(read({}, withFirst({ segmentUuid: "seg-1" })).segments.map(({ id }) => id));
    const twice = good.map((segment) => ({ ...segment, segmentUuid: good[0]?.segmentUuid ?? "" }));
    const ids = read({}, twice as SegmentInit[]).segments.map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    const later = read({ startUtcMs: startUtcMs + 1n, endUtcMs: startUtcMs + 30_001n }).segments;
    expect(later[1]?.id).not.toBe(read().segments[1]?.id);
  });

  test("a channel of 0 is the call's", () => {
    expect(read({ channelId: 0 }).id).toBe("b1");
  });
});

describe("block/broken-rules-name-their-field", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["no id", () => read({ blockId: "" }), /^block_a\.block_id: /],
    ["another channel", () => read({ channelId: 2 }), /^block_a\.channel_id: .*found 2/],
    ["before the epoch", () => read({ startUtcMs: -1n }), /^block_a\.start_utc_ms: /],
    ["no length", () => read({ endUtcMs: startUtcMs }), /^block_a\.end_utc_ms: /],
    ["beyond time", () => read({ endUtcMs: 2n ** 62n }), /^block_a\.end_utc_ms: /],
    ["no segments", () => read({}, []), /^block_a\.segments: /],
    [
      "an index left out",
      () => read({}, withFirst({ segmentIndex: 1 })),
      /^block_a\.segments\[0\]\.segment_index: /,
    ],
    [
      "no duration",
      () => read({}, withFirst({ segmentDurationMs: 0n })),
      /segments\[0\]\.segment_duration_ms: /,
    ],
    [
      "a negative one",
      () => read({}, withFirst({ segmentDurationMs: -5n })),
      /segments\[0\]\.segment_duration_ms: /,
    ],
    ["a negative offset", () => read({}, withFirst({ assetStartOffsetMs: -1n })), /asset_start_offset_ms: /],
    ["too short", () => read({ endUtcMs: startUtcMs + 30_001n }), /^block_a\.segments: .*30001 ms.*30000 ms/],
    ["too long", () => read({ endUtcMs: startUtcMs + 29_999n }), /^block_a\.segments: .*29999 ms/],
    ["gain", () => read({}, withFirst({ gainDb: 24.5 })), /gain_db: /],
    ["gain that is no number", () => read({}, withFirst({ gainDb: Number.NaN })), /gain_db: /],
    [
      "a type of a newer client",
      () => read({}, withFirst({ segmentType: 9 as SegmentType })),
      /segment_type: .*content, filler, pad/,
    ],
    [
      "a transition of one",
      () => read({}, withFirst({ transitionOut: 2 as TransitionType })),
      /transition_out: .*cut, fade/,
    ],
  ])("%s", (_what, call, message) => {
    expect(call).toThrow(message);
    try {
      call();
    } catch (error) {
      expect(PlayoutError.is(error, "InvalidPlan")).toBe(true);
      expect(
        (error as PlayoutError).message.startsWith(`${(error as PlayoutError).details["field"]}: `),
      ).toBe(true);
    }
  });
});

test("block/whatever-is-accepted-is-a-plan", () => {
  const segment = fc.record({
    assetUri: fc.constantFrom("", "/a.mp4", "/b.mp4"),
    assetStartOffsetMs: fc.bigInt({ min: -10n, max: 10_000_000n }),
    segmentDurationMs: fc.bigInt({ min: -1n, max: 10_000_000n }),
    segmentType: fc.integer({ min: 0, max: 3 }),
    transitionIn: fc.integer({ min: 0, max: 2 }),
    transitionInDurationMs: fc.nat(),
    transitionOut: fc.integer({ min: 0, max: 1 }),
    transitionOutDurationMs: fc.nat(),
    segmentUuid: fc.constantFrom("", "x", "0190AB3C-7F12-7ABC-9DEF-0123456789AB"),
    gainDb: fc.float({ min: -70, max: 30 }),
  });
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 6 }), (list) => {
      const lengthMs = list.reduce((sum, { segmentDurationMs }) => sum + segmentDurationMs, 0n);
      const segments = list.map((one, segmentIndex) => ({ ...one, segmentIndex }));
      const message = block({ endUtcMs: startUtcMs + lengthMs }, segments);
      try {
        const { start, segments: taken } = blockFromWire(message, { channelId: 1, field: "block" });
        accepted += 1;
        createPlan({ revision: 1, start, segments: taken, end: "pad" });
      } catch (error) {
        expect(PlayoutError.is(error, "InvalidPlan") && error.details["field"] !== undefined).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
  expect(accepted).toBeGreaterThan(20);
});
