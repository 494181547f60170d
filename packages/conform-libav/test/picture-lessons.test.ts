// What broke on air elsewhere, about pictures: docs/lessons.md.
import type { AspectPolicy, Conformer, PictureFormat, PictureTreatment, PixelFormat } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { LibavConformerFactory } from "../src/index.js";
import { bufferOf, formatOf, pictureOf, programOf, running, samplesOf } from "./pictures.js";

const program = programOf(640, 360);
const how = (aspect: AspectPolicy = "preserve"): PictureTreatment => ({ aspect, alpha: 1, field: "both" });
const open = () => new LibavConformerFactory().open(program, running);

/** One colour all over, in the depth of the format. */
const flat = (format: PictureFormat, values: readonly number[], padding: number) => {
  const deep = /1[02](?=le$)/.exec(format.pixelFormat);
  const up = deep ? 2 ** (Number(deep[0]) - 8) : 1;
  return pictureOf(format, (plane) => (values[plane] ?? 128) * up, 0, padding);
};

async function planes(conformer: Conformer, picture: ReturnType<typeof pictureOf>, aspect?: AspectPolicy) {
  const buffer = bufferOf(program);
  await conformer.picture(picture, buffer, how(aspect), running);
  return [0, 1, 2].map((plane) => samplesOf(buffer, program, plane));
}

/** How wide and how high what is brighter than 128 is, in program pixels, edges measured to a part of a pixel. */
function extent(luma: readonly number[]): { width: number; height: number } {
  const { width, height } = program;
  const bright = (value: number | undefined) => Math.max(0, Math.min(1, ((value ?? 0) - 40) / 160));
  const longest = (lines: number, along: number, at: (line: number, i: number) => number) => {
    let most = 0;
    for (let line = 0; line < lines; line++) {
      let sum = 0;
      for (let i = 0; i < along; i++) sum += bright(luma[at(line, i)]);
      most = Math.max(most, sum);
    }
    return most;
  };
  return {
    width: longest(height, width, (y, x) => y * width + x),
    height: longest(width, height, (x, y) => y * width + x),
  };
}

describe("lesson 43", () => {
  const sizes = [
    [853, 480],
    [714, 400],
    [161, 121],
    [719, 577],
    [5, 3],
  ] as const;
  const formats: readonly PixelFormat[] = ["yuv420p", "yuv422p10le", "yuv444p12le", "yuv420p10le", "yuv444p"];

  for (const [width, height] of sizes) {
    test(`lesson/43-no-green-edge-on-${width}x${height}-at-any-depth-and-stride`, async () => {
      await using conformer = await open();
      for (const pixelFormat of formats) {
        for (const padding of [0, 2, 62]) {
          const picture = flat(formatOf(width, height, pixelFormat), [120, 110, 140], padding);
          const shown = await planes(conformer, picture, "stretch");
          shown.forEach((samples, plane) => {
            const expected = [120, 110, 140][plane] as number;
            expect(samples.every((value) => Math.abs(value - expected) <= 1)).toBe(true);
          });
        }
      }
    });
  }

  const circles: readonly (readonly [string, Partial<PictureFormat> & { width: number; height: number }])[] =
    [
      ["720×480 at 8:9", { width: 720, height: 480, sampleAspect: { num: 8, den: 9 } }],
      ["720×480 at 32:27", { width: 720, height: 480, sampleAspect: { num: 32, den: 27 } }],
      ["720×576 at 64:45", { width: 720, height: 576, sampleAspect: { num: 64, den: 45 } }],
      ["853×480", { width: 853, height: 480 }],
      ["a telephone's 1080×1920 turned by 90", { width: 540, height: 304, rotation: 90 }],
      ["4:2:2 turned by 270", { width: 481, height: 303, rotation: 270, pixelFormat: "yuv422p" }],
    ];
  for (const [name, change] of circles) {
    test(`lesson/43-a-circle-stays-round-and-bars-are-black: ${name}`, async () => {
      await using conformer = await open();
      const format = formatOf(change.width, change.height, change.pixelFormat ?? "yuv420p", change);
      const pixelAspect = format.sampleAspect.num / format.sampleAspect.den;
      const radius = Math.min(format.height, format.width * pixelAspect) * 0.4;
      const picture = pictureOf(format, (plane, x, y) => {
        if (plane > 0) return 128;
        const [dx, dy] = [(x + 0.5 - format.width / 2) * pixelAspect, y + 0.5 - format.height / 2];
        return Math.round(40 + 160 * Math.max(0, Math.min(1, radius - Math.hypot(dx, dy) + 0.5)));
      });
      for (const aspect of ["preserve", "crop"] as const) {
        const [luma = [], u = [], v = []] = await planes(conformer, picture, aspect);
        const { width, height } = extent(luma);
        // A cut picture may lose the top and bottom of its circle, but never its shape.
        if (aspect === "preserve" || height < program.height)
          expect(Math.abs(width - height)).toBeLessThanOrEqual(1);
        expect(u.every((value) => value === 128) && v.every((value) => value === 128)).toBe(true);
        const edge = [luma[0], luma[program.width - 1], luma.at(-1)];
        const shown =
          format.rotation % 180 === 0
            ? (format.width * pixelAspect) / format.height
            : format.height / format.width;
        const hasBars = aspect === "preserve" && Math.abs(shown - 16 / 9) > 0.01;
        expect(edge).toEqual(edge.map(() => (hasBars ? 16 : 40)));
      }
    });
  }

  test("lesson/43-size-depth-and-turn-change-in-mid-stream", async () => {
    await using conformer = await open();
    // More formats than are kept, twice over, so that some are made anew.
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 20; i++) {
        const format = formatOf(64 + 7 * i, 48 + 5 * i, formats[i % formats.length] as PixelFormat, {
          rotation: ([0, 90, 180, 270] as const)[i % 4] as 0 | 90 | 180 | 270,
        });
        const level = 60 + i * 6;
        const [luma = []] = await planes(conformer, flat(format, [level, 128, 128], 8), "stretch");
        expect(luma.every((value) => Math.abs(value - level) <= 1)).toBe(true);
      }
    }
  });
});
