import {
  type AspectPolicy,
  matrixCodes,
  type PixelFormat,
  PlayoutError,
  type ProgramFormat,
  pixelFormats,
  primariesCodes,
  rangeCodes,
  rational,
  transferCodes,
} from "@retrovue/core";
import { formatAt, headerAt, wire } from "./offsets.js";

const aspects: Readonly<Record<AspectPolicy, number>> = { preserve: 0, stretch: 1, crop: 2 };

function wordOf<Word extends string>(
  table: Readonly<Record<Word, number>>,
  value: number,
  what: string,
): Word {
  for (const word of Object.keys(table) as Word[]) if (table[word] === value) return word;
  throw new PlayoutError(
    "BusIncompatible",
    `The bus has a ${what} that this reader does not know: ${value}.`,
  );
}

/** A program format as the addon takes it: flat, in the numbers of the wire. */
export function formatToNative(format: ProgramFormat): Readonly<Record<string, number>> {
  return {
    width: format.width,
    height: format.height,
    rateNum: format.frameRate.num,
    rateDen: format.frameRate.den,
    pixelFormat: pixelFormats.indexOf(format.pixelFormat) + 1,
    sarNum: format.sampleAspect.num,
    sarDen: format.sampleAspect.den,
    colourPrimaries: primariesCodes[format.colour.primaries],
    colourTransfer: transferCodes[format.colour.transfer],
    colourMatrix: matrixCodes[format.colour.matrix],
    colourRange: rangeCodes[format.colour.range],
    aspectPolicy: aspects[format.aspectPolicy],
    sampleRate: format.sampleRate,
    channels: format.channels,
  };
}

/** How the planes of each picture lie, from the picture's first byte. */
export interface PictureLayout {
  readonly pictureBytes: number;
  readonly offsets: readonly number[];
  readonly strides: readonly number[];
  /** Bytes of each plane that hold picture: stride · rows. */
  readonly planeBytes: readonly number[];
  /** Rows of each plane that there is room for. */
  readonly roomRows: readonly number[];
  /** From the first to the last byte that is shown of each plane. */
  readonly shownBytes: readonly number[];
}

/** The program format that a header carries. */
export function formatOf(header: DataView): ProgramFormat {
  const u32 = (field: keyof typeof formatAt) => header.getUint32(headerAt.format + formatAt[field], true);
  const pixelFormat: PixelFormat | undefined = pixelFormats[u32("pixelFormat") - 1];
  if (pixelFormat === undefined) {
    throw new PlayoutError("BusIncompatible", "The bus has a pixel format that this reader does not know.");
  }
  return Object.freeze({
    width: u32("width"),
    height: u32("height"),
    frameRate: rational(u32("rateNum"), u32("rateDen")),
    pixelFormat,
    sampleAspect: rational(u32("sarNum"), u32("sarDen")),
    colour: Object.freeze({
      primaries: wordOf(primariesCodes, u32("colourPrimaries"), "colour primaries"),
      transfer: wordOf(transferCodes, u32("colourTransfer"), "transfer characteristic"),
      matrix: wordOf(matrixCodes, u32("colourMatrix"), "colour matrix"),
      range: wordOf(rangeCodes, u32("colourRange"), "colour range"),
    }),
    sampleRate: u32("sampleRate"),
    channels: u32("channels"),
    aspectPolicy: wordOf(aspects, u32("aspectPolicy"), "aspect policy"),
  });
}

/** The picture layout that a header carries. */
export function pictureLayoutOf(header: DataView): PictureLayout {
  const count = Math.min(header.getUint32(headerAt.format + formatAt.planeCount, true), wire.planesMax);
  const words = (at: number) =>
    Array.from({ length: count }, (_, p) => header.getUint32(headerAt.format + at + 4 * p, true));
  const offsets = Array.from({ length: count }, (_, p) =>
    Number(header.getBigUint64(headerAt.format + formatAt.planeOffset + 8 * p, true)),
  );
  const strides = words(formatAt.planeStride);
  const rows = words(formatAt.planePictureRows);
  const rowBytes = words(formatAt.planeRowBytes);
  return {
    pictureBytes: Number(header.getBigUint64(headerAt.format + formatAt.pictureBytes, true)),
    offsets,
    strides: Object.freeze(strides),
    planeBytes: strides.map((stride, p) => stride * (rows[p] ?? 0)),
    roomRows: Object.freeze(words(formatAt.planeRows)),
    shownBytes: strides.map((stride, p) => stride * ((rows[p] ?? 0) - 1) + (rowBytes[p] ?? 0)),
  };
}
