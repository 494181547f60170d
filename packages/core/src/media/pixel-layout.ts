import type { PixelFormat } from "./picture-format.js";

/** How the samples of one plane lie, relative to the picture's size. */
export interface PlaneLayout {
  /** Horizontal subsampling as a power of two: 1 means half the width. */
  readonly log2X: 0 | 1;
  /** Vertical subsampling as a power of two. */
  readonly log2Y: 0 | 1;
  /** Bytes from one sample position to the next in a row. */
  readonly bytesPerSample: number;
}

const plane = (bytesPerSample: number, log2X: 0 | 1 = 0, log2Y: 0 | 1 = 0): PlaneLayout =>
  Object.freeze({ log2X, log2Y, bytesPerSample });

const p420 = (bytes: number) => [plane(bytes), plane(bytes, 1, 1), plane(bytes, 1, 1)];
const p422 = (bytes: number) => [plane(bytes), plane(bytes, 1, 0), plane(bytes, 1, 0)];
const p444 = (bytes: number) => [plane(bytes), plane(bytes), plane(bytes)];

const layouts: Readonly<Record<PixelFormat, readonly PlaneLayout[]>> = Object.freeze({
  yuv420p: p420(1),
  yuv422p: p422(1),
  yuv444p: p444(1),
  yuv420p10le: p420(2),
  yuv422p10le: p422(2),
  yuv444p10le: p444(2),
  yuv420p12le: p420(2),
  yuv422p12le: p422(2),
  yuv444p12le: p444(2),
  nv12: [plane(1), plane(2, 1, 1)],
  p010le: [plane(2), plane(4, 1, 1)],
  gray: [plane(1)],
  gray10le: [plane(2)],
  rgb24: [plane(3)],
  rgba: [plane(4)],
  gbrp: p444(1),
});

/** The planes of a pixel format, first plane first. */
export const planesOf = (format: PixelFormat): readonly PlaneLayout[] => layouts[format];

/** Bytes of picture data in one row of a plane; odd sizes round subsampled planes up. */
export const rowBytes = (plane: PlaneLayout, width: number): number =>
  Math.ceil(width / (1 << plane.log2X)) * plane.bytesPerSample;

/** Rows of a plane; odd sizes round subsampled planes up. */
export const rowsOf = (plane: PlaneLayout, height: number): number => Math.ceil(height / (1 << plane.log2Y));
