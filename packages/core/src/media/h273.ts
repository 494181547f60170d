import type { ColourMatrix, ColourPrimaries, ColourRange, ColourTransfer } from "./picture-format.js";

/** Primaries as streams carry them and libavutil counts them: code points of ITU-T H.273, table 2. */
export const primariesCodes: Readonly<Record<ColourPrimaries, number>> = Object.freeze({
  bt709: 1,
  unknown: 2,
  bt470bg: 5,
  smpte170m: 6,
  bt2020: 9,
  smpte432: 12,
});

/** Transfer characteristics: ITU-T H.273, table 3. */
export const transferCodes: Readonly<Record<ColourTransfer, number>> = Object.freeze({
  bt709: 1,
  unknown: 2,
  smpte170m: 6,
  linear: 8,
  "iec61966-2-1": 13,
  smpte2084: 16,
  "arib-std-b67": 18,
});

/** Matrices: ITU-T H.273, table 4. */
export const matrixCodes: Readonly<Record<ColourMatrix, number>> = Object.freeze({
  rgb: 0,
  bt709: 1,
  unknown: 2,
  bt470bg: 5,
  smpte170m: 6,
  bt2020nc: 9,
});

/** Ranges. In H.273 a flag; these are the numbers of libavutil. */
export const rangeCodes: Readonly<Record<ColourRange, number>> = Object.freeze({
  unknown: 0,
  limited: 1,
  full: 2,
});
