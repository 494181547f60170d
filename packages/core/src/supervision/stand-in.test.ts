import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Expectation, StandInPolicy } from "../bus/committer.js";
import { type StandInReason, standInReasons } from "../bus/frame-meta.js";
import { tick } from "../time/units.js";
import { type HoldablePicture, type MissingTick, standInFor } from "./stand-in.js";

const expectation: Expectation = {
  firstTick: tick(100),
  segmentId: "a".repeat(32),
  planRevision: 1,
  assetUri: "/media/film.mkv",
  assetTitle: "Film",
  pad: false,
};
const policy: StandInPolicy = { holdTicksMax: 3, after: "slate" };
const last: HoldablePicture = { segmentId: expectation.segmentId, tick: tick(110), heldTicks: 0 };
const missing = (changes: Partial<MissingTick>): MissingTick => ({
  policy,
  expectation,
  last,
  reason: "workerLost",
  ...changes,
});

describe("stand-in", () => {
  test("stand-in/holds-the-segments-last-picture-first", () => {
    expect(standInFor(missing({}))).toEqual({ kind: "hold", reason: "workerLost" });
  });

  test("stand-in/slate-follows-when-the-hold-is-used-up", () => {
    expect(standInFor(missing({ last: { ...last, heldTicks: 2 } })).kind).toBe("hold");
    expect(standInFor(missing({ last: { ...last, heldTicks: 3 } })).kind).toBe("slate");
  });

  test("stand-in/black-follows-where-the-channel-has-no-slate", () => {
    expect(standInFor(missing({ last: undefined, policy: { ...policy, after: "black" } })).kind).toBe(
      "black",
    );
  });

  test("stand-in/another-segments-picture-is-never-held", () => {
    expect(standInFor(missing({ last: { ...last, segmentId: "b".repeat(32) } })).kind).toBe("slate");
  });

  test("stand-in/a-looped-segments-last-round-is-never-held-into-the-next", () => {
    expect(standInFor(missing({ last: { ...last, tick: tick(99) } })).kind).toBe("slate");
    expect(standInFor(missing({ last: { ...last, tick: tick(100) } })).kind).toBe("hold");
  });

  test("stand-in/a-pad-is-black-and-planned-whatever-is-wrong", () => {
    const pad = { ...expectation, pad: true };
    expect(standInFor(missing({ expectation: pad }))).toEqual({ kind: "black", reason: "planned" });
  });

  test("stand-in/without-a-plan-nothing-is-held", () => {
    expect(standInFor(missing({ expectation: undefined })).kind).toBe("slate");
  });

  test("stand-in/an-untrue-reason-becomes-starved", () => {
    expect(standInFor(missing({ reason: "none" })).reason).toBe("starved");
    expect(standInFor(missing({ reason: "planned" })).reason).toBe("starved");
  });

  test("stand-in/no-case-breaks-the-ladder", () => {
    const segment = fc.constantFrom("a".repeat(32), "b".repeat(32));
    const ticks = fc.integer({ min: 0, max: 6 }).map(tick);
    const cases = fc.record({
      policy: fc.record({
        holdTicksMax: fc.integer({ min: 0, max: 4 }),
        after: fc.constantFrom("slate" as const, "black" as const),
      }),
      expectation: fc.option(
        fc.record({
          firstTick: ticks,
          segmentId: segment,
          planRevision: fc.constant(1),
          assetUri: fc.constant(""),
          assetTitle: fc.constant(""),
          pad: fc.boolean(),
        }),
        { nil: undefined },
      ),
      last: fc.option(
        fc.record({ segmentId: segment, tick: ticks, heldTicks: fc.integer({ min: 0, max: 6 }) }),
        { nil: undefined },
      ),
      reason: fc.constantFrom(...(Object.keys(standInReasons) as StandInReason[])),
    });
    fc.assert(
      fc.property(cases, (it) => {
        const { kind, reason } = standInFor(it);
        expect(reason).not.toBe("none");
        expect(reason === "planned").toBe(it.expectation?.pad === true);
        if (reason === "planned") expect(kind).toBe("black");
        else if (reason !== it.reason) expect(["none", "planned"]).toContain(it.reason);
        if (kind === "hold") {
          expect(it.last?.segmentId).toBe(it.expectation?.segmentId);
          expect(it.last?.tick).toBeGreaterThanOrEqual(it.expectation?.firstTick ?? Number.NaN);
          expect(it.last?.heldTicks).toBeLessThan(it.policy.holdTicksMax);
        } else if (reason !== "planned") {
          expect(kind).toBe(it.policy.after);
          const holdable =
            it.last !== undefined &&
            it.expectation !== undefined &&
            it.last.segmentId === it.expectation.segmentId &&
            it.last.tick >= it.expectation.firstTick &&
            it.last.heldTicks < it.policy.holdTicksMax;
          expect(holdable).toBe(false);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
