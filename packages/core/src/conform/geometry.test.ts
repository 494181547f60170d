import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PixelFormat, pixelFormats, type Rotation } from "../media/picture-format.js";
import { planesOf } from "../media/pixel-layout.js";
import type { AspectPolicy } from "../media/program-format.js";
import { type Rational, rational } from "../time/rational.js";
import { fitPicture, type PictureFit } from "./geometry.js";

const square = rational(1, 1);
const hd = { width: 1920, height: 1080, sampleAspect: square, pixelFormat: "yuv420p" as PixelFormat };
const picture = (width: number, height: number, sampleAspect = square, rotation: Rotation = 0) => ({
  width,
  height,
  sampleAspect,
  rotation,
});
type Picture = ReturnType<typeof picture>;
type Program = typeof hd;

const isTurned = (rotation: Rotation) => rotation === 90 || rotation === 270;
const value = (r: Rational) => r.num / r.den;

/**
 * Width minus height, in program pixels, of a circle of the source as big as the shown part allows. Drawn through the
 * fit as a scaler would; a program with other than square pixels is looked at in its own rows.
 */
function ovalness(from: Picture, program: Program, fit: PictureFit): number {
  const turned = isTurned(from.rotation);
  const [shownWide, shownHigh] = turned
    ? [fit.source.height, fit.source.width]
    : [fit.source.width, fit.source.height];
  // One display unit is a sample's height; upright samples are SAR wide, turned ones SAR high.
  const [sampleWide, sampleHigh] = turned ? [1, value(from.sampleAspect)] : [value(from.sampleAspect), 1];
  const perUnitX = fit.destination.width / (shownWide * sampleWide);
  const perUnitY = fit.destination.height / (shownHigh * sampleHigh);
  const diameter = Math.min(shownWide * sampleWide, shownHigh * sampleHigh);
  return Math.abs(diameter * perUnitX * value(program.sampleAspect) - diameter * perUnitY);
}

describe("conform/letterbox-golden", () => {
  test.each<[string, Picture, [x: number, y: number, width: number, height: number]]>([
    ["same shape", picture(1920, 1080), [0, 0, 1920, 1080]],
    ["smaller, same shape", picture(1280, 720), [0, 0, 1920, 1080]],
    ["UHD", picture(3840, 2160), [0, 0, 1920, 1080]],
    ["4:3 in square pixels", picture(640, 480), [240, 0, 1440, 1080]],
    ["cinemascope", picture(1920, 804), [0, 138, 1920, 804]],
    ["NTSC DVD, 8:9", picture(720, 480, rational(8, 9)), [240, 0, 1440, 1080]],
    ["NTSC DVD, 32:27", picture(720, 480, rational(32, 27)), [0, 0, 1920, 1080]],
    ["PAL DVD, 16:15", picture(720, 576, rational(16, 15)), [240, 0, 1440, 1080]],
    ["PAL DVD, 64:45", picture(720, 576, rational(64, 45)), [0, 0, 1920, 1080]],
    ["853 wide", picture(853, 480), [0, 0, 1920, 1080]],
    ["714 high", picture(1280, 714), [0, 4, 1920, 1072]],
    ["161×121", picture(161, 121), [240, 0, 1438, 1080]],
    ["portrait flag 90", picture(1920, 1080, square, 90), [656, 0, 608, 1080]],
    ["portrait flag 270", picture(1920, 1080, square, 270), [656, 0, 608, 1080]],
    ["upside down", picture(1920, 1080, square, 180), [0, 0, 1920, 1080]],
    ["anamorphic and turned", picture(720, 576, rational(64, 45), 90), [656, 0, 608, 1080]],
    ["1×1", picture(1, 1), [420, 0, 1080, 1080]],
    ["8192×16", picture(8192, 16), [0, 538, 1920, 4]],
    ["16×8192", picture(16, 8192), [958, 0, 2, 1080]],
  ])("%s", (_name, from, [x, y, width, height]) => {
    const fit = fitPicture(from, hd, "preserve");
    expect(fit.destination).toEqual({ x, y, width, height });
    expect(fit.source).toEqual({ x: 0, y: 0, width: from.width, height: from.height });
    expect(fit.rotation).toBe(from.rotation);
    expect(ovalness(from, hd, fit)).toBeLessThanOrEqual(1);
  });
});

describe("conform/crop-golden", () => {
  test.each<[string, Picture, [x: number, y: number, width: number, height: number]]>([
    ["4:3", picture(640, 480), [0, 60, 640, 360]],
    ["cinemascope", picture(1920, 804), [(1920 * (1 - 804 / 1080)) / 2, 0, (1920 * 804) / 1080, 804]],
    ["NTSC DVD, 8:9", picture(720, 480, rational(8, 9)), [0, 60, 720, 360]],
    ["NTSC DVD, 32:27", picture(720, 480, rational(32, 27)), [0, 0, 720, 480]],
    // A phone held upright: the stored picture lies on its side, so the cut runs along its width.
    ["portrait flag 90", picture(1920, 1080, square, 90), [656.25, 0, 607.5, 1080]],
    ["portrait stored", picture(1080, 1920), [0, 656.25, 1080, 607.5]],
    ["1×1", picture(1, 1), [0, 0, 1, 1]],
  ])("%s", (_name, from, [x, y, width, height]) => {
    const fit = fitPicture(from, hd, "crop");
    expect(fit.destination).toEqual({ x: 0, y: 0, width: 1920, height: 1080 });
    expect(fit.source.x).toBeCloseTo(x, 9);
    expect(fit.source.y).toBeCloseTo(y, 9);
    expect(fit.source.width).toBeCloseTo(width, 9);
    expect(fit.source.height).toBeCloseTo(height, 9);
  });
});

test("conform/an-anamorphic-program-gets-round-circles-too", () => {
  const pal = {
    width: 720,
    height: 576,
    sampleAspect: rational(64, 45),
    pixelFormat: "yuv420p" as PixelFormat,
  };
  expect(fitPicture(picture(1920, 1080), pal, "preserve").destination).toEqual({
    x: 0,
    y: 0,
    width: 720,
    height: 576,
  });
  expect(fitPicture(picture(640, 480), pal, "preserve").destination).toEqual({
    x: 90,
    y: 0,
    width: 540,
    height: 576,
  });
});

test("conform/the-chroma-grid-is-the-program's", () => {
  const at = (pixelFormat: PixelFormat) =>
    fitPicture(picture(1280, 713), { ...hd, pixelFormat }, "preserve").destination;
  // 1069.5 rows: a multiple of two for 4:2:0, any whole number for 4:2:2 and 4:4:4.
  expect(at("yuv420p")).toEqual({ x: 0, y: 4, width: 1920, height: 1070 });
  expect(at("nv12")).toEqual(at("yuv420p"));
  expect(at("yuv422p10le")).toEqual({ x: 0, y: 5, width: 1920, height: 1070 });
  expect(at("yuv444p")).toEqual(at("yuv422p10le"));
});

const size = fc.oneof(fc.integer({ min: 1, max: 8192 }), fc.constantFrom(1, 2, 16, 121, 161, 714, 853, 8192));
const aspect = fc.oneof(
  fc.constantFrom(
    square,
    rational(8, 9),
    rational(32, 27),
    rational(16, 15),
    rational(64, 45),
    rational(40, 33),
  ),
  fc.tuple(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 64 })).map(([n, d]) => rational(n, d)),
);
const anyPicture = fc
  .tuple(size, size, aspect, fc.constantFrom<Rotation>(0, 90, 180, 270))
  .map(([width, height, sampleAspect, rotation]) => picture(width, height, sampleAspect, rotation));
const anyProgram = fc.oneof(
  fc.constant(hd),
  fc.record({
    width: fc.integer({ min: 16, max: 4096 }),
    height: fc.integer({ min: 16, max: 4096 }),
    sampleAspect: fc.constantFrom(square, rational(8, 9), rational(64, 45)),
    pixelFormat: fc.constantFrom(...pixelFormats),
  }),
);
const anyPolicy = fc.constantFrom<AspectPolicy>("preserve", "stretch", "crop");

test("conform/a-fit-is-never-outside-never-empty-and-on-the-grid", () => {
  fc.assert(
    fc.property(anyPicture, anyProgram, anyPolicy, (from, program, policy) => {
      const { source, destination } = fitPicture(from, program, policy);
      for (const [inner, outer] of [
        [source, from],
        [destination, program],
      ] as const) {
        expect(inner.x).toBeGreaterThanOrEqual(0);
        expect(inner.y).toBeGreaterThanOrEqual(0);
        expect(inner.width).toBeGreaterThanOrEqual(1);
        expect(inner.height).toBeGreaterThanOrEqual(1);
        expect(inner.x + inner.width).toBeLessThanOrEqual(outer.width + 1e-9);
        expect(inner.y + inner.height).toBeLessThanOrEqual(outer.height + 1e-9);
      }
      for (const plane of planesOf(program.pixelFormat)) {
        expect(destination.x % (1 << plane.log2X)).toBe(0);
        expect(destination.y % (1 << plane.log2Y)).toBe(0);
        if (destination.width !== program.width) expect(destination.width % (1 << plane.log2X)).toBe(0);
        if (destination.height !== program.height) expect(destination.height % (1 << plane.log2Y)).toBe(0);
      }
      const right = program.width - destination.x - destination.width;
      const below = program.height - destination.y - destination.height;
      expect(Math.abs(destination.x - right)).toBeLessThanOrEqual(2);
      expect(Math.abs(destination.y - below)).toBeLessThanOrEqual(2);
      // Bars on two sides at most, and what is cut is cut on two sides at most, alike.
      expect(
        destination.x === 0 || destination.width === program.width || destination.height === program.height,
      ).toBe(true);
      expect(source.width === from.width || source.height === from.height).toBe(true);
      expect(Math.abs(source.x * 2 + source.width - from.width)).toBeLessThan(1e-6);
    }),
    { numRuns: 3000 },
  );
});

test("conform/circles-are-round-within-a-pixel", () => {
  fc.assert(
    fc.property(
      anyPicture,
      anyProgram,
      fc.constantFrom<AspectPolicy>("preserve", "crop"),
      (from, program, policy) => {
        const fit = fitPicture(from, program, policy);
        // Too thin to be true to shape: less than a step of the grid, or less than a pixel of the source.
        const { destination, source } = fit;
        fc.pre(destination.width > 2 && destination.height > 2 && source.width > 1 && source.height > 1);
        // An odd program's full width may be a pixel off the even grid; sizes along it count in its own pixels.
        const pixel = Math.max(1, value(program.sampleAspect));
        expect(ovalness(from, program, fit)).toBeLessThanOrEqual(pixel + 1e-6);
      },
    ),
    { numRuns: 3000 },
  );
});

test("conform/stretch-shows-all-everywhere", () => {
  fc.assert(
    fc.property(anyPicture, anyProgram, (from, program) => {
      const fit = fitPicture(from, program, "stretch");
      expect(fit.source).toEqual({ x: 0, y: 0, width: from.width, height: from.height });
      expect(fit.destination).toEqual({ x: 0, y: 0, width: program.width, height: program.height });
    }),
  );
});
