import { describe, expect, test } from "vitest";
import { editDistance, suggest } from "./suggest.js";

describe("suggest", () => {
  test.each([
    ["", "", 0],
    ["abc", "", 3],
    ["kitten", "sitting", 3],
    ["ab", "ba", 1],
    ["channels", "chanels", 1],
    ["bitrate", "bitrateKbps", 4],
  ])("suggest/distance of %s and %s is %d", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });

  test("suggest/names-the-nearest-and-never-guesses", () => {
    const keys = ["holdMs", "holdOnShortMs", "lead", "languages", "bitrateKbps"];
    expect(suggest("HoldMS", keys)).toBe("holdMs");
    expect(suggest("laed", keys)).toBe("lead");
    expect(suggest("bitrate", keys)).toBe("bitrateKbps");
    expect(suggest("zebra", keys)).toBeUndefined();
    expect(suggest("x", [])).toBeUndefined();
    expect(suggest("y".repeat(100_000), keys)).toBeUndefined();
  });
});
