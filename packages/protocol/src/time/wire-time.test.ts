import { create } from "@bufbuild/protobuf";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { nanoseconds } from "@retrovue/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { durationFromWire, durationToWire, timestampFromWire, timestampToWire } from "./wire-time.js";

const second = 1_000_000_000n;

describe("time/the-wire-is-exact-to-the-nanosecond", () => {
  test("house times, before the epoch too", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -62_135_596_800n * second, max: 253_402_300_800n * second - 1n }),
        (at) => {
          const message = timestampToWire(nanoseconds(at));
          expect(message.nanos).toBeGreaterThanOrEqual(0);
          expect(timestampFromWire("at", message)).toBe(at);
        },
      ),
    );
  });

  test("lengths of either sign", () => {
    const max = 315_576_000_000n * second;
    fc.assert(
      fc.property(fc.bigInt({ min: -max, max }), (length) => {
        expect(durationFromWire("length", durationToWire(length))).toBe(length);
      }),
    );
  });
});

describe("time/malformed-times-name-their-field", () => {
  test.each([
    { seconds: 0n, nanos: -1 },
    { seconds: 0n, nanos: 1_000_000_000 },
    { seconds: 253_402_300_800n, nanos: 0 },
    { seconds: -62_135_596_801n, nanos: 0 },
  ])("timestamp $seconds s and $nanos ns", (value) => {
    expect(() => timestampFromWire("start", create(TimestampSchema, value))).toThrow(
      /^start: expected a time/,
    );
  });

  test.each([
    { seconds: 1n, nanos: -1 },
    { seconds: -1n, nanos: 1 },
    { seconds: 0n, nanos: 1_000_000_000 },
    { seconds: 315_576_000_001n, nanos: 0 },
    { seconds: -315_576_000_001n, nanos: 0 },
  ])("duration $seconds s and $nanos ns", (value) => {
    expect(() => durationFromWire("fadeIn", create(DurationSchema, value))).toThrow(
      /^fadeIn: expected a length/,
    );
  });
});
