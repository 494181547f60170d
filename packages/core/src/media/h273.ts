import type { ColourMatrix, ColourPrimaries, ColourRange, ColourTransfer } from "./picture-format.js";

/*
 * Colours in numbers: the code points of ITU-T H.273 (tables 2, 3 and 4), which streams carry and libavutil counts by. The range
 * is a flag there; its numbers are libavutil's.
 */

export const primariesCodes: Readonly<Record<ColourPrimaries, number>> = Object.freeze({
  bt709: 1,
  unknown: 2,
  bt470bg: 5,
  smpte170m: 6,
  bt2020: 9,
  smpte432: 12,
});

export const transferCodes: Readonly<Record<ColourTransfer, number>> = Object.freeze({
  bt709: 1,
  unknown: 2,
  smpte170m: 6,
  linear: 8,
  "iec61966-2-1": 13,
  smpte2084: 16,
  "arib-std-b67": 18,
});

export const matrixCodes: Readonly<Record<ColourMatrix, number>> = Object.freeze({
  rgb: 0,
  bt709: 1,
  unknown: 2,
  bt470bg: 5,
  smpte170m: 6,
  bt2020nc: 9,
});

export const rangeCodes: Readonly<Record<ColourRange, number>> = Object.freeze({
  unknown: 0,
  limited: 1,
  full: 2,
});
