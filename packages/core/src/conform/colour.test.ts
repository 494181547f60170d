import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ColourTags, type PixelFormat, pixelFormats } from "../media/picture-format.js";
import { defaultProgramFormat } from "../media/program-format.js";
import { needsToneMap, resolveColour } from "./colour.js";

const untagged: ColourTags = {
  primaries: "unknown",
  transfer: "unknown",
  matrix: "unknown",
  range: "unknown",
};
const resolve = (
  width: number,
  height: number,
  colour: Partial<ColourTags> = {},
  pixelFormat: PixelFormat = "yuv420p",
) => {
  const known = resolveColour({ width, height, pixelFormat, colour: { ...untagged, ...colour } });
  return `${known.primaries} ${known.transfer} ${known.matrix} ${known.range}`;
};

describe("conform/untagged-sd-is-601-and-all-else-709", () => {
  test.each([
    [720, 480, "smpte170m smpte170m smpte170m limited"],
    [720, 486, "smpte170m smpte170m smpte170m limited"],
    [640, 360, "smpte170m smpte170m smpte170m limited"],
    [720, 576, "bt470bg smpte170m bt470bg limited"],
    [1024, 576, "bt470bg smpte170m bt470bg limited"],
    [960, 540, "bt470bg smpte170m bt470bg limited"],
    [1280, 720, "bt709 bt709 bt709 limited"],
    [1280, 534, "bt709 bt709 bt709 limited"],
    [720, 1280, "bt709 bt709 bt709 limited"],
    [1920, 1080, "bt709 bt709 bt709 limited"],
    [3840, 2160, "bt709 bt709 bt709 limited"],
  ])("%i×%i", (width, height, wanted) => {
    expect(resolve(width, height)).toBe(wanted);
  });
});

describe("conform/a-missing-tag-follows-those-given", () => {
  test.each<[string, Partial<ColourTags>, PixelFormat, string]>([
    ["SD with HD matrix", { matrix: "bt709" }, "yuv420p", "bt709 bt709 bt709 limited"],
    ["SD with HD primaries", { primaries: "bt709" }, "yuv420p", "bt709 bt709 bt709 limited"],
    ["PAL primaries", { primaries: "bt470bg" }, "yuv420p", "bt470bg smpte170m bt470bg limited"],
    ["wide primaries", { primaries: "bt2020" }, "yuv420p10le", "bt2020 bt709 bt2020nc limited"],
    ["PQ alone", { transfer: "smpte2084" }, "yuv420p10le", "bt2020 smpte2084 bt2020nc limited"],
    ["HLG alone", { transfer: "arib-std-b67" }, "yuv420p10le", "bt2020 arib-std-b67 bt2020nc limited"],
    ["P3", { primaries: "smpte432" }, "yuv420p", "smpte432 bt709 bt709 limited"],
    ["full range", { range: "full" }, "yuv420p", "smpte170m smpte170m smpte170m full"],
    ["RGB", {}, "rgb24", "bt709 iec61966-2-1 rgb full"],
    [
      "RGB that claims a matrix",
      { matrix: "bt709", range: "limited" },
      "gbrp",
      "bt709 iec61966-2-1 rgb limited",
    ],
    ["YCbCr that claims none", { matrix: "rgb" }, "yuv444p", "smpte170m smpte170m smpte170m limited"],
  ])("%s", (_name, colour, pixelFormat, wanted) => {
    expect(resolve(720, 480, colour, pixelFormat)).toBe(wanted);
  });
});

test("conform/no-tag-stays-unknown-and-given-ones-stand", () => {
  const tags = fc.record<ColourTags>({
    primaries: fc.constantFrom("bt709", "bt470bg", "smpte170m", "bt2020", "smpte432", "unknown"),
    transfer: fc.constantFrom(
      "bt709",
      "smpte170m",
      "smpte2084",
      "arib-std-b67",
      "iec61966-2-1",
      "linear",
      "unknown",
    ),
    matrix: fc.constantFrom("bt709", "bt470bg", "smpte170m", "bt2020nc", "unknown"),
    range: fc.constantFrom("limited", "full", "unknown"),
  });
  const side = fc.integer({ min: 1, max: 8192 });
  fc.assert(
    fc.property(side, side, fc.constantFrom(...pixelFormats), tags, (width, height, pixelFormat, colour) => {
      const known = resolveColour({ width, height, pixelFormat, colour });
      expect(Object.values(known)).not.toContain("unknown");
      for (const tag of ["primaries", "transfer", "range"] as const) {
        if (colour[tag] !== "unknown") expect(known[tag]).toBe(colour[tag]);
      }
      expect(known.matrix === "rgb").toBe(["rgb24", "rgba", "gbrp"].includes(pixelFormat));
      // Known tags are a fixed point.
      expect(resolveColour({ width, height, pixelFormat, colour: known })).toEqual(known);
    }),
  );
});

test("conform/pq-and-hlg-are-tone-mapped-onto-an-sdr-program", () => {
  const program = resolveColour(defaultProgramFormat);
  const sources = ["bt709", "smpte170m", "smpte2084", "arib-std-b67", "iec61966-2-1", "linear"] as const;
  const mapped = sources.filter((transfer) => needsToneMap({ transfer }, program));
  expect(mapped).toEqual(["smpte2084", "arib-std-b67"]);
  expect(needsToneMap({ transfer: "smpte2084" }, { transfer: "smpte2084" })).toBe(false);
  expect(needsToneMap({ transfer: "arib-std-b67" }, { transfer: "smpte2084" })).toBe(true);
});
