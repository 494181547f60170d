import { PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { planFromWire } from "./plan-from-wire.js";
import { planFromJson, planToJson } from "./plan-json.js";
import { planToWire } from "./plan-to-wire.js";

/** The example in the proto's own comment, as a YAML parser gives it. */
const evening = {
  title: "Evening",
  end: "loop",
  segments: [
    { uri: "/srv/media/ident.mp4", kind: "filler", duration: "5s" },
    { uri: "/srv/media/film.mkv", inPoint: "90.5s", duration: "5400s", fadeIn: "0.5s", gainDb: -3 },
    { duration: "10s" },
  ],
};

function faultsOf(value: unknown): string[] {
  try {
    planFromJson(value);
    return [];
  } catch (error) {
    if (!PlayoutError.is(error, "InvalidPlan")) throw error;
    return [...(error.details["faults"] as readonly string[])];
  }
}

describe("plan/a-plan-file-is-pleasant-to-write", () => {
  test("the documented example means what it says", () => {
    const { end, segments } = planFromWire(planFromJson(evening), { revision: 4 });
    expect(end).toBe("loop");
    expect(segments.map(({ kind, duration }) => [kind, duration])).toEqual([
      ["filler", 5_000_000_000n],
      ["content", 5_400_000_000_000n],
      ["pad", 10_000_000_000n],
    ]);
    expect(segments[1]).toMatchObject({ inPoint: 90_500_000_000n, fadeInNs: 500_000_000n, gainDb: -3 });
  });

  test("keys may be written either way", () => {
    const snake = { segments: [{ uri: "a", in_point: "1s", gain_db: 2, duration: "1s" }] };
    const camel = { segments: [{ uri: "a", inPoint: "1s", gainDb: 2, duration: "1s" }] };
    expect(planFromJson(snake)).toEqual(planFromJson(camel));
  });

  test("what the engine writes reads like what people write", () => {
    const draft = planFromWire(planFromJson(evening), { revision: 1 });
    const json = planToJson(planToWire(draft, "Evening")) as { segments: Record<string, unknown>[] };
    expect(json).toMatchObject({ title: "Evening", end: "loop" });
    expect(Object.keys(json.segments[2] ?? {}).sort()).toEqual(["duration", "id", "kind"]);
    expect(json.segments[1]).toMatchObject({ inPoint: "90.500s", duration: "5400s", kind: "content" });
  });
});

describe("plan/a-plan-file's-faults-are-named-with-their-place", () => {
  test.each<[string, unknown, string | RegExp]>([
    ["not an object", ["a.mp4"], /object with segments/],
    ["nothing", null, /object with segments/],
    ["segments of another kind", { segments: { uri: "a" } }, /^segments: .*a list/],
    ["a segment of another kind", { segments: ["a.mp4"] }, /^segments\[0\]: .*an object/],
    [
      "an unknown key at the top",
      { loop: true, segments: [] },
      /^loop: unknown key; expected one of title, start, end/,
    ],
    [
      "an unknown key",
      { segments: [{ file: "a" }] },
      /^segments\[0\]\.file: unknown key; expected one of id, uri/,
    ],
    [
      "a wrong word",
      { segments: [{ kind: "filer" }] },
      /^segments\[0\]\.kind: .*one of content, filler, pad, found "filer"/,
    ],
    ["a wrong end", { end: "repeat", segments: [] }, /^end: .*one of pad, loop/],
    [
      "a bare number for a length",
      { segments: [{ duration: 30 }] },
      /^segments\[0\]\.duration: .*as "90\.5s", found 30/,
    ],
    [
      "a time without its zone",
      { segments: [{ start: "2026-03-01 20:00" }] },
      /^segments\[0\]\.start: .*2026-03-01T20:00:00Z/,
    ],
    [
      "a word for a number",
      { segments: [{ gainDb: "loud" }] },
      /^segments\[0\]\.gainDb: .*number of decibels/,
    ],
    [
      "labels of another kind",
      { segments: [{ labels: ["x"] }] },
      /^segments\[0\]\.labels: .*object of texts/,
    ],
    ["a uri of another kind", { segments: [{ uri: 3 }] }, /^segments\[0\]\.uri: .*a text/],
    [
      "a key written twice",
      { segments: [{ inPoint: "1s", in_point: "2s" }] },
      /^segments\[0\]\.in_point: .*both/,
    ],
  ])("%s", (_what, value, expected) => {
    const faults = faultsOf(value);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(expected);
  });

  test("all of them in one pass", () => {
    const value = { end: "never", segments: [{ uri: 1 }, { kind: "x", nope: 1 }] };
    const places = faultsOf(value).map((line) => line.slice(0, line.indexOf(":")));
    expect(places).toEqual(["end", "segments[0].uri", "segments[1].kind", "segments[1].nope"]);
  });

  test("too many segments are counted, not read", () => {
    expect(faultsOf({ segments: Array.from({ length: 20_001 }, () => ({})) })).toHaveLength(1);
  });
});
