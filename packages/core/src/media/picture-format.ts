import type { Rational } from "../time/rational.js";

/**
 * Layouts of picture samples that may cross a port, by libav's names (libavutil: pixdesc.c), which the field
 * shares. 10- and 12-bit samples are little-endian in 16-bit words.
 */
export const pixelFormats = [
  "yuv420p",
  "yuv422p",
  "yuv444p",
  "yuv420p10le",
  "yuv422p10le",
  "yuv444p10le",
  "yuv420p12le",
  "yuv422p12le",
  "yuv444p12le",
  "nv12",
  "p010le",
  "gray",
  "gray10le",
  "rgb24",
  "rgba",
  "gbrp",
] as const;

/** One of the pixel layouts that may cross a port. */
export type PixelFormat = (typeof pixelFormats)[number];

/** Colour primaries by their usual names; `unknown` is resolved by size (timing.md: untagged SD is 601). */
export type ColourPrimaries = "bt709" | "bt470bg" | "smpte170m" | "bt2020" | "smpte432" | "unknown";

/** Transfer characteristic. `smpte2084` is PQ, `arib-std-b67` is HLG. */
export type ColourTransfer =
  | "bt709"
  | "smpte170m"
  | "smpte2084"
  | "arib-std-b67"
  | "iec61966-2-1"
  | "linear"
  | "unknown";

/** Matrix from RGB to YCbCr. */
export type ColourMatrix = "bt709" | "bt470bg" | "smpte170m" | "bt2020nc" | "rgb" | "unknown";

/** `limited` is 16…235 in 8 bits, `full` is 0…255. */
export type ColourRange = "limited" | "full" | "unknown";

/** How sample values mean colours. */
export interface ColourTags {
  readonly primaries: ColourPrimaries;
  readonly transfer: ColourTransfer;
  readonly matrix: ColourMatrix;
  readonly range: ColourRange;
}

/** Which field of a frame comes first in time; `progressive` has none. */
export type FieldOrder = "progressive" | "top-first" | "bottom-first";

/** Clockwise turn in degrees that a player must apply before showing. */
export type Rotation = 0 | 90 | 180 | 270;

/**
 * Where chroma samples of a subsampled picture lie among those of luma (ITU-T H.264, annex E: chroma_sample_loc_type).
 * MPEG-2 and later mean `left` where nothing is said, JPEG and MPEG-1 `center`, BT.2020 `top-left`.
 */
export type ChromaPosition = "left" | "center" | "top-left" | "top" | "bottom-left" | "bottom";

/**
 * How bright the pictures of an HDR asset are, as it says of itself; each where it does. In cd/m² ("nits").
 */
export interface StatedLight {
  /**
   * Brightest and darkest that the display could show which the pictures were graded on (SMPTE ST 2086): 5 to 10 000 and 0
   * to 5, both or neither. A statement outside of that is none.
   */
  readonly masteringPeakNits?: number;
  readonly masteringFloorNits?: number;
  /** The brightest pixel of all pictures (CTA-861.3: MaxCLL). */
  readonly contentPeakNits?: number;
  /** The greatest average of a picture (CTA-861.3: MaxFALL). */
  readonly frameAveragePeakNits?: number;
}

/** Everything needed to show a picture right. Sizes are in pixels of the picture as stored. */
export interface PictureFormat {
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: PixelFormat;
  /** Width of a sample divided by its height; 1/1 is square. */
  readonly sampleAspect: Rational;
  readonly colour: ColourTags;
  readonly fieldOrder: FieldOrder;
  readonly rotation: Rotation;
  /** Left out where the asset does not say, or chroma is not subsampled. */
  readonly chromaPosition?: ChromaPosition;
  /** Left out where the asset does not say. */
  readonly light?: StatedLight;
}
