import { planesOf, rowsOf } from "@retrovue/core";
import { lumaView, readBlockMark } from "@retrovue/core/testing";
import { ensure, equal } from "../../framework/check.js";
import { assetId, type LentBuffer, rowOf, sourceFormat, suiteFormat } from "../subject.js";

/** Black in limited range. */
export const black = [16, 128, 128] as const;

/** Sources of many shapes: 4:3, anamorphic, portrait, odd, larger, smaller. */
export const shapes = [
  sourceFormat({ width: 160, height: 120 }),
  sourceFormat({ width: 180, height: 120, sampleAspect: { num: 32, den: 27 } }),
  sourceFormat({ width: 180, height: 120, sampleAspect: { num: 8, den: 9 } }),
  sourceFormat({ width: 108, height: 192 }),
  sourceFormat({ width: 161, height: 121 }),
  sourceFormat({ width: 640, height: 270 }),
  sourceFormat({ width: 854, height: 480 }),
] as const;

/** The mark in a filled buffer. */
export function markIn(buffer: LentBuffer, what: string) {
  const found = readBlockMark(lumaView(buffer, suiteFormat));
  ensure(found, `${what}: the mark is readable`);
  equal(found.asset, assetId, `${what}: asset`);
  return found;
}

export function expectBlack(buffer: LentBuffer, what: string): void {
  planesOf(suiteFormat.pixelFormat).forEach((layout, plane) => {
    for (let y = 0; y < rowsOf(layout, suiteFormat.height); y++) {
      ensure(
        rowOf(buffer, plane, y).every((value) => value === black[plane]),
        `${what}: row ${y} of plane ${plane} is ${black[plane]}`,
      );
    }
  });
}
