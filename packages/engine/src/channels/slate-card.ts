import type { PicturePlanes, ProgramFormat } from "@retrovue/core";

/** A dark blue that nobody takes for black: Y, Cb, Cr in 8 bits. */
const paper = [44, 150, 120] as const;

/** Fills a picture in program format (planar YCbCr) with the plain card that airs where nothing else can. */
export function drawSlateCard(into: PicturePlanes, format: ProgramFormat): void {
  const depth = /p(\d\d)le$/.exec(format.pixelFormat)?.[1];
  for (const [index, plane] of into.planes.entries()) {
    const value = paper[index] ?? 128;
    if (depth === undefined) {
      plane.fill(value);
      continue;
    }
    const deep = value << (Number(depth) - 8);
    for (let at = 0; at + 1 < plane.length; at += 2) {
      plane[at] = deep & 0xff;
      plane[at + 1] = deep >> 8;
    }
  }
}
