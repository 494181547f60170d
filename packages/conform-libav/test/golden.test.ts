// Pictures against ffmpeg's zscale: the same scaling library, set up by other people.
import type { ColourTags, PixelFormat } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { LibavConformerFactory } from "../src/index.js";
import { filtered, zscaleMissing } from "./ffmpeg.js";
import { bt601, bt709, bufferOf, formatOf, pictureOf, programOf, rawOf, running, scene } from "./pictures.js";

interface Golden {
  readonly name: string;
  readonly from: PixelFormat;
  readonly size: readonly [number, number];
  readonly into: PixelFormat;
  readonly colour: ColourTags;
  /** The source's colour in zscale's words. */
  readonly zscale: string;
  /** Greatest difference of any sample, in steps of 8 bits. Ordered dithering from deeper samples takes one. */
  readonly most: number;
}

const full: ColourTags = { ...bt709, range: "full" };
const wide: ColourTags = { primaries: "bt2020", transfer: "bt709", matrix: "bt2020nc", range: "limited" };
const hd = "matrixin=709:primariesin=709:transferin=709:rangein=limited";
const sd = "matrixin=170m:primariesin=170m:transferin=601:rangein=limited";

const goldens: readonly Golden[] = [
  // Not by zimg: see byte_scaler.h.
  { name: "smaller", from: "yuv420p", size: [640, 360], into: "yuv420p", colour: bt709, zscale: hd, most: 1 },
  { name: "larger", from: "yuv420p", size: [160, 90], into: "yuv420p", colour: bt709, zscale: hd, most: 1 },
  {
    name: "much smaller",
    from: "yuv420p",
    size: [1280, 720],
    into: "yuv420p",
    colour: bt709,
    zscale: hd,
    most: 0,
  },
  {
    name: "standard definition",
    from: "yuv420p",
    size: [240, 136],
    into: "yuv420p",
    colour: bt601,
    zscale: sd,
    most: 1,
  },
  {
    name: "full range",
    from: "yuv444p",
    size: [320, 180],
    into: "yuv420p",
    colour: full,
    zscale: "matrixin=709:primariesin=709:transferin=709:rangein=full",
    most: 0,
  },
  {
    name: "4:2:2 in 10 bits",
    from: "yuv422p10le",
    size: [400, 226],
    into: "yuv420p",
    colour: bt709,
    zscale: hd,
    most: 1,
  },
  {
    name: "4:4:4 in 12 bits",
    from: "yuv444p12le",
    size: [320, 180],
    into: "yuv422p",
    colour: bt709,
    zscale: hd,
    most: 1,
  },
  {
    name: "into 10 bits",
    from: "yuv420p",
    size: [480, 270],
    into: "yuv420p10le",
    colour: bt709,
    zscale: hd,
    most: 0,
  },
  {
    name: "wide gamut",
    from: "yuv420p10le",
    size: [320, 180],
    into: "yuv420p",
    colour: wide,
    zscale: "matrixin=2020_ncl:primariesin=2020:transferin=709:rangein=limited",
    most: 2,
  },
];

describe("golden", () => {
  for (const golden of goldens) {
    test(`conform/as-zscale-does-it: ${golden.name}`, async (context) => {
      if (zscaleMissing !== undefined) return context.skip(zscaleMissing);
      const [width, height] = golden.size;
      const program = programOf(320, 180, { pixelFormat: golden.into });
      const source = formatOf(width, height, golden.from, { colour: golden.colour });
      await using conformer = await new LibavConformerFactory().open(program, running);
      const picture = pictureOf(source, scene(source));
      const buffer = bufferOf(program);
      await conformer.picture(picture, buffer, { aspect: "stretch", alpha: 1, field: "both" }, running);
      const target = "matrix=709:primaries=709:transfer=709:range=limited:chromalin=left:chromal=left";
      const chain = `zscale=w=320:h=180:filter=bicubic:dither=none:${golden.zscale}:${target}`;
      const expected = filtered(
        rawOf(picture, source),
        `${width}x${height}`,
        golden.from,
        chain,
        golden.into,
      );
      const got = rawOf(buffer, program);
      expect(got.length).toBe(expected.length);
      const deep = golden.into.endsWith("le");
      let most = 0;
      for (let at = 0; at < got.length; at += deep ? 2 : 1) {
        const off = deep
          ? (got.readUInt16LE(at) - expected.readUInt16LE(at)) / 4
          : (got[at] as number) - (expected[at] as number);
        most = Math.max(most, Math.abs(off));
      }
      expect(most).toBeLessThanOrEqual(golden.most);
    });
  }
});
