import { describe, expect, test } from "vitest";
import { type Nanoseconds, nanosecondsFromMs } from "../time/units.js";
import { type LastLook, nextLookAt } from "./look-pace.js";

const ms = nanosecondsFromMs;
const well: LastLook = { isReady: true, spareNs: ms(300), leftNs: ms(950) };
const now = ms(1_800_000_000_000);
const after = (last: LastLook | undefined, at = now) => (nextLookAt(at, last) - at) as Nanoseconds;
const until = (change: Partial<LastLook>) => after({ ...well, ...change });

describe("supervision/look-pace", () => {
  test("supervision/who-is-well-is-looked-at-five-times-a-second-and-who-is-not-ten-times", () => {
    expect(until({})).toBe(ms(200));
    expect(until({ isReady: false })).toBe(ms(100));
    expect(after(undefined)).toBe(ms(100));
  });

  test("supervision/all-who-are-well-are-looked-at-at-one-time", () => {
    for (const late of [1, 50, 199])
      expect(after(well, (now + ms(late)) as Nanoseconds)).toBe(ms(200 - late));
    // Never one of them right away for the sake of the others.
    expect(after({ ...well, spareNs: ms(120) }, (now + ms(190)) as Nanoseconds)).toBe(ms(120));
  });

  test("supervision/a-bus-that-may-run-low-is-looked-at-when-it-can-be", () => {
    expect(until({ spareNs: ms(150) })).toBe(ms(150));
    expect(until({ spareNs: ms(20) })).toBe(ms(100));
    expect(until({ spareNs: ms(-40) })).toBe(ms(100));
  });

  test("supervision/a-worker-that-is-silent-is-looked-at-when-that-has-been-too-long", () => {
    expect(until({ leftNs: ms(30) })).toBe(ms(30));
    expect(until({ leftNs: ms(30), isReady: false })).toBe(ms(30));
    // It was killed, and is not gone yet; or there is none.
    expect(until({ leftNs: 0n })).toBe(ms(200));
    expect(until({ leftNs: undefined })).toBe(ms(200));
  });
});
