import { fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import {
  type MediaTime,
  type Nanoseconds,
  nanoseconds,
  type PlanDraft,
  planBounds,
  type Segment,
  validatePlan,
} from "@retrovue/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PlayoutPlanSchema } from "../gen/retrovue/playout_plans_pb.js";
import { planFromWire } from "./plan-from-wire.js";
import { planToWire } from "./plan-to-wire.js";

const hour = 3_600_000_000_000n;
const ns = (max: bigint, min = 0n) => fc.bigInt({ min, max }).map((value) => value as Nanoseconds);
const text = (maxLength: number, minLength = 0) =>
  fc
    .string({ unit: "grapheme", minLength, maxLength: Math.floor(maxLength / 8) || 1 })
    .filter((value) => !value.includes("\0") && value.length >= minLength && value.isWellFormed());

const labels = fc.dictionary(text(64, 1), text(256), { maxKeys: 16, noNullPrototype: true });

const segment: fc.Arbitrary<Segment> = fc
  .record({
    kind: fc.constantFrom("content", "filler", "pad"),
    uri: text(512, 1),
    title: fc.option(text(256, 1), { nil: undefined }),
    inPoint: ns(100n * hour).map((value) => value as bigint as MediaTime),
    duration: ns(24n * hour, 1n),
    start: fc.constant(undefined),
    gainDb: fc.double({ min: planBounds.gainDbMin, max: planBounds.gainDbMax, noNaN: true }),
    fades: fc.tuple(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 500 })),
    aspect: fc.constantFrom(undefined, "preserve", "stretch", "crop"),
    labels,
  })
  .map(({ uri, title, fades, ...rest }) => ({
    ...rest,
    id: "",
    // −0 is 0 on the wire's JSON side.
    gainDb: rest.gainDb + 0,
    asset: rest.kind === "pad" ? undefined : title === undefined ? { uri } : { uri, title },
    fadeInNs: nanoseconds((rest.duration * BigInt(fades[0])) / 1000n),
    fadeOutNs: nanoseconds((rest.duration * BigInt(fades[1])) / 1000n),
  }));

const plan: fc.Arbitrary<PlanDraft> = fc
  .record({
    revision: fc.integer({ min: 1 }),
    start: fc.option(ns(4_000_000_000n * 1_000_000_000n), { nil: undefined }),
    end: fc.constantFrom("pad", "loop"),
    segments: fc.array(segment, { minLength: 1, maxLength: 12 }),
    gaps: fc.array(fc.option(ns(hour), { nil: undefined }), { minLength: 12, maxLength: 12 }),
    idSeed: fc.bigInt({ min: 1n, max: 2n ** 100n }),
  })
  .map(({ gaps, idSeed, ...draft }) => {
    let at: bigint = draft.start ?? 0n;
    const segments = draft.segments.map((one, index) => {
      const gap = draft.end === "pad" ? gaps[index] : undefined;
      const start = gap === undefined ? undefined : nanoseconds(at + gap);
      at = (start ?? at) + one.duration;
      const id = (idSeed + BigInt(index)).toString(16).padStart(32, "0");
      return { ...one, id, start };
    });
    return { ...draft, segments };
  })
  .filter((draft) => validatePlan({ ...draft, start: draft.start ?? nanoseconds(0n) }).length === 0);

describe("plan/the-wire-loses-nothing", () => {
  test("in binary", () => {
    fc.assert(
      fc.property(plan, (draft) => {
        const bytes = toBinary(PlayoutPlanSchema, planToWire(draft));
        expect(planFromWire(fromBinary(PlayoutPlanSchema, bytes), draft)).toEqual(draft);
      }),
      { numRuns: 300 },
    );
  });

  test("in JSON text, as a plan file has it", () => {
    fc.assert(
      fc.property(plan, (draft) => {
        const json = JSON.stringify(toJson(PlayoutPlanSchema, planToWire(draft)));
        expect(planFromWire(fromJson(PlayoutPlanSchema, JSON.parse(json)), draft)).toEqual(draft);
      }),
      { numRuns: 300 },
    );
  });

  test("and the title stands beside the plan", () => {
    fc.assert(
      fc.property(plan, (draft) => {
        const message = planToWire(draft, "Evening");
        expect(message.title).toBe("Evening");
        expect(planToWire(planFromWire(message, draft), "Evening")).toEqual(message);
      }),
      { numRuns: 50 },
    );
  });
});
