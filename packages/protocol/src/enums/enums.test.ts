import type { DescEnum } from "@bufbuild/protobuf";
import { PlayoutError, standInReasons } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { ClockStateSchema } from "../gen/retrovue/master_clock_pb.js";
import {
  ChannelStateSchema,
  StandInKindSchema,
  StandInReasonSchema,
} from "../gen/retrovue/playout_events_pb.js";
import { SegmentTypeSchema, TransitionTypeSchema } from "../gen/retrovue/playout_pb.js";
import {
  PlanSegment_AspectSchema,
  PlanSegment_KindSchema,
  PlayoutPlan_EndSchema,
} from "../gen/retrovue/playout_plans_pb.js";
import { type EnumTable, enumTable } from "./enum-table.js";
import { aspectPolicies, planEnds, segmentKinds, segmentTypes, transitions } from "./plan-enums.js";
import { channelStates, clockStates, standInKinds, standInReasonTable } from "./status-enums.js";

const tables: [string, EnumTable<string, number>, DescEnum][] = [
  ["segment kinds", segmentKinds, PlanSegment_KindSchema],
  ["segment types", segmentTypes, SegmentTypeSchema],
  ["plan ends", planEnds, PlayoutPlan_EndSchema],
  ["aspect policies", aspectPolicies, PlanSegment_AspectSchema],
  ["transitions", transitions, TransitionTypeSchema],
  ["channel states", channelStates, ChannelStateSchema],
  ["stand-in kinds", standInKinds, StandInKindSchema],
  ["stand-in reasons", standInReasonTable, StandInReasonSchema],
  ["clock states", clockStates, ClockStateSchema],
];

describe("enums/both-directions-agree", () => {
  test.each(tables)("%s", (_name, table, schema) => {
    const words = Object.keys(table.words);
    for (const word of words) expect(table.fromWire("field", table.toWire(word))).toBe(word);
    for (const { number, name } of schema.values) {
      if (name.endsWith("_UNSPECIFIED") && table.numbers[number] === undefined) continue;
      expect(table.toWire(table.fromWire("field", number))).toBe(number);
    }
    const meant = schema.values.filter(({ number }) => table.numbers[number] !== undefined);
    expect(meant.map(({ number }) => number).sort()).toEqual(Object.values(table.words).sort());
  });

  test.each(tables)("%s refuse a number of a newer client by the field's name", (_name, table) => {
    for (const number of [99, -1]) {
      expect(() => table.fromWire("segments[3].kind", number)).toThrow(PlayoutError);
      expect(() => table.fromWire("segments[3].kind", number)).toThrow(
        /^segments\[3\]\.kind: expected one of /,
      );
    }
  });
});

test("enums/stand-in-reasons-have-the-numbers-of-the-bus", () => {
  expect(standInReasonTable.words).toEqual(standInReasons);
});

test("enums/channel-states-have-the-numbers-of-the-metric", () => {
  expect(channelStates.words).toEqual({ stopped: 0, buffering: 1, ready: 2, error: 3 });
});

test("enums/a-word-or-number-without-counterpart-does-not-compile", () => {
  // @ts-expect-error a word is missing
  enumTable<"a" | "b", 0 | 1>({ a: 0 }, { 0: "a", 1: "b" });
  // @ts-expect-error a number is missing
  enumTable<"a" | "b", 0 | 1>({ a: 0, b: 1 }, { 0: "a" });
  expect(enumTable<"a", 0>({ a: 0 }, { 0: "a" }).toWire("a")).toBe(0);
});
