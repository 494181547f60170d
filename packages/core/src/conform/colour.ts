import type {
  ColourMatrix,
  ColourPrimaries,
  ColourRange,
  ColourTags,
  ColourTransfer,
  PictureFormat,
} from "../media/picture-format.js";

type Known<Tag> = Exclude<Tag, "unknown">;

/** Colour tags without a gap: what a conversion is set up from. */
export interface KnownColour extends ColourTags {
  readonly primaries: Known<ColourPrimaries>;
  readonly transfer: Known<ColourTransfer>;
  readonly matrix: Known<ColourMatrix>;
  readonly range: Known<ColourRange>;
}

/**
 * Fills in the tags that a file does not have, each from those that it does have, and only then from its size: untagged
 * standard definition is BT.601, all else BT.709; YCbCr is limited range, RGB is full range sRGB. Tags that are given
 * stand, but for a matrix that the pixel format contradicts. Size is that of the picture as stored.
 */
export function resolveColour(
  format: Pick<PictureFormat, "width" | "height" | "pixelFormat" | "colour">,
): KnownColour {
  const { colour } = format;
  const isRgb = rgbFormats.has(format.pixelFormat);
  const matrix = isRgb ? "rgb" : matrixOf(format);
  const primaries = colour.primaries === "unknown" ? primariesOf(matrix, colour.transfer) : colour.primaries;
  return {
    matrix,
    primaries,
    transfer: colour.transfer === "unknown" ? transferOf(primaries, isRgb) : colour.transfer,
    range: colour.range === "unknown" ? (isRgb ? "full" : "limited") : colour.range,
  };
}

/**
 * True if a picture is brighter than its program can say: PQ or HLG shown on anything that is not the same curve. Such
 * pictures go through the tone-mapping table; all others through matrix, curve and primaries alone.
 */
export const needsToneMap = (
  from: Pick<KnownColour, "transfer">,
  into: Pick<KnownColour, "transfer">,
): boolean => isHdr(from.transfer) && from.transfer !== into.transfer;

const rgbFormats: ReadonlySet<string> = new Set(["rgb24", "rgba", "gbrp"]);

const isHdr = (transfer: ColourTransfer): boolean => transfer === "smpte2084" || transfer === "arib-std-b67";

function matrixOf(format: Pick<PictureFormat, "width" | "height" | "colour">): Known<ColourMatrix> {
  const { matrix, primaries, transfer } = format.colour;
  // "rgb" on a YCbCr layout contradicts itself; the layout is what the decoder made, so it is believed.
  if (matrix !== "unknown" && matrix !== "rgb") return matrix;
  if (primaries === "bt2020" || isHdr(transfer)) return "bt2020nc";
  if (primaries === "bt470bg" || primaries === "smpte170m") return primaries;
  if (primaries !== "unknown" || !isStandardDefinition(format)) return "bt709";
  // The two matrices of BT.601 are one; their names differ by the primaries of 625 and of 525 lines.
  return format.height > linesOf525 ? "bt470bg" : "smpte170m";
}

function primariesOf(matrix: Known<ColourMatrix>, transfer: ColourTransfer): Known<ColourPrimaries> {
  if (matrix === "bt2020nc" || isHdr(transfer)) return "bt2020";
  return matrix === "rgb" ? "bt709" : matrix;
}

function transferOf(primaries: Known<ColourPrimaries>, isRgb: boolean): Known<ColourTransfer> {
  if (isRgb) return "iec61966-2-1";
  // BT.601, BT.709 and BT.2020 share one curve (ITU-R BT.2020-2, table 4); only its name follows the primaries.
  return primaries === "bt470bg" || primaries === "smpte170m" ? "smpte170m" : "bt709";
}

/** Active lines of a 525-line picture at most (SMPTE ST 125); 480 and 486 are in use. */
const linesOf525 = 486;

/** 576 lines is the tallest standard definition there is; 1 024 its widest in square pixels, 1 280 the narrowest HD. */
const isStandardDefinition = ({ width, height }: Pick<PictureFormat, "width" | "height">): boolean =>
  width < 1280 && height <= 576;
