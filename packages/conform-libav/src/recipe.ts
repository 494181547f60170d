import {
  type AspectPolicy,
  type ChromaPosition,
  fitPicture,
  needsToneMap,
  type PictureFormat,
  PlayoutError,
  type ProgramFormat,
  pixelFormats,
  type Rect,
  resolveColour,
} from "@retrovue/core";
import type { ScalingFilter } from "./options.js";

/*
 * How pictures of one format come into the program's picture, as the plain numbers that cross into native code once per
 * format. Fitting and colour are decided by the core; nothing is decided beyond here. The order is that of `Recipe` and
 * `recipeOf` in native code.
 */

type KnownColour = ReturnType<typeof resolveColour>;

/** Code points of ITU-T H.273 (07/2021): tables 2 (primaries), 3 (transfer) and 4 (matrix). */
const primariesCodes: Readonly<Record<KnownColour["primaries"], number>> = {
  bt709: 1,
  bt470bg: 5,
  smpte170m: 6,
  bt2020: 9,
  smpte432: 12,
};
const transferCodes: Readonly<Record<KnownColour["transfer"], number>> = {
  bt709: 1,
  smpte170m: 6,
  linear: 8,
  "iec61966-2-1": 13,
  smpte2084: 16,
  "arib-std-b67": 18,
};
const matrixCodes: Readonly<Record<KnownColour["matrix"], number>> = {
  rgb: 0,
  bt709: 1,
  bt470bg: 5,
  smpte170m: 6,
  bt2020nc: 9,
};
const fieldOrderCodes: Readonly<Record<PictureFormat["fieldOrder"], number>> = {
  progressive: 0,
  "top-first": 1,
  "bottom-first": 2,
};

/** chroma_sample_loc_type of ITU-T H.264, annex E. */
const chromaCodes: Readonly<Record<ChromaPosition, number>> = {
  left: 0,
  center: 1,
  "top-left": 2,
  top: 3,
  "bottom-left": 4,
  bottom: 5,
};

/** What programmes are mastered to unless they say otherwise (ITU-R BT.2408-7, 2.3); cd/m². */
const usualPeakNits = 1_000;

/**
 * The brightest light that a picture may hold: its brightest pixel where that is stated, never more than the display that it
 * was graded on could show.
 */
function peakNitsOf({ light }: PictureFormat): number {
  const { contentPeakNits, masteringPeakNits } = light ?? {};
  return Math.min(contentPeakNits ?? Infinity, masteringPeakNits ?? contentPeakNits ?? usualPeakNits);
}

const colourNumbers = (colour: KnownColour): number[] => [
  primariesCodes[colour.primaries],
  transferCodes[colour.transfer],
  matrixCodes[colour.matrix],
  colour.range === "full" ? 1 : 0,
];

const rectNumbers = ({ x, y, width, height }: Rect): number[] => [x, y, width, height];

/** `UnsupportedMedia` where the format is none that this conformer knows; native code checks what the numbers say. */
export function recipeOf(
  from: PictureFormat,
  into: ProgramFormat,
  aspect: AspectPolicy,
  filter: ScalingFilter,
): Float64Array {
  const formats = [from, into].map(({ pixelFormat }) => pixelFormats.indexOf(pixelFormat));
  const bad = from.width < 1 || from.height < 1 || from.sampleAspect.num < 1 || from.sampleAspect.den < 1;
  if (formats.includes(-1) || bad) {
    throw new PlayoutError(
      "UnsupportedMedia",
      `Pictures of ${from.width}×${from.height} in ${from.pixelFormat} cannot be conformed to ${into.pixelFormat}.`,
    );
  }
  const [sourceFormat = -1, programFormat = -1] = formats;
  const fit = fitPicture(from, into, aspect);
  const [sourceColour, programColour] = [resolveColour(from), resolveColour(into)];
  return Float64Array.from([
    sourceFormat,
    from.width,
    from.height,
    ...colourNumbers(sourceColour),
    fieldOrderCodes[from.fieldOrder],
    fit.rotation,
    ...rectNumbers(fit.source),
    programFormat,
    into.width,
    into.height,
    ...colourNumbers(programColour),
    ...rectNumbers(fit.destination),
    filter === "lanczos" ? 1 : 0,
    needsToneMap(sourceColour, programColour) ? 1 : 0,
    chromaCodes[from.chromaPosition ?? "left"],
    peakNitsOf(from),
  ]);
}

/** Equal for two formats exactly when they share a recipe. Cheap: it is asked for each picture. */
export function recipeKey(from: PictureFormat, aspect: AspectPolicy): string {
  const { width, height, pixelFormat, sampleAspect, colour, fieldOrder, rotation, chromaPosition } = from;
  return `${width} ${height} ${pixelFormat} ${sampleAspect.num}:${sampleAspect.den} ${colour.primaries} ${colour.transfer} ${colour.matrix} ${colour.range} ${fieldOrder} ${rotation} ${chromaPosition} ${peakNitsOf(from)} ${aspect}`;
}
