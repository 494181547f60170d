import type { PicturePlanes } from "../../media/picture.js";
import type { PixelFormat } from "../../media/picture-format.js";
import { planesOf, rowBytes, rowsOf } from "../../media/pixel-layout.js";
import { blockCells, blockFrameMax, blockGrid, blockShare } from "./block-mark.js";
import type { Rect } from "./luma-view.js";
import type { PictureMark } from "./mixing.js";

/** Brightness of the mark's cells and of the ground around it, in 8 bits and limited range. */
export const blockLuma = Object.freeze({ black: 16, white: 235, ground: 126 });

/** Colour of the ground (the cells have none), so that lost or swapped colour planes show. */
export const blockChroma = Object.freeze({ u: 112, v: 144 });

interface Size {
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: PixelFormat;
}

/** Where the grid of a picture of this size lies. */
export function blockRect(size: { readonly width: number; readonly height: number }): Rect {
  const x = Math.round((size.width * (1 - blockShare)) / 2);
  const y = Math.round((size.height * (1 - blockShare)) / 2);
  return { x, y, width: size.width - 2 * x, height: size.height - 2 * y };
}

/** Fills a picture with the ground. Done once per buffer: `drawBlockMark` changes the grid alone. */
export function drawGround(picture: PicturePlanes, size: Size): void {
  const layouts = planesOf(size.pixelFormat);
  layouts.forEach((layout, index) => {
    const plane = planeAt(picture, index);
    const stride = strideAt(picture, index);
    const rows = rowsOf(layout, size.height);
    const bytes = rowBytes(layout, size.width);
    for (let row = 0; row < rows; row++) {
      const line = plane.subarray(row * stride, row * stride + bytes);
      fillSamples(line, size.pixelFormat, groundSamples(size.pixelFormat, index));
    }
    if (index > 0 && !isRgb(size.pixelFormat)) clearGridColour(picture, index, size);
  });
}

/**
 * Draws the mark over a ground. With `field` only the rows of that field are touched, so that the two fields of an
 * interlaced picture carry a number each.
 */
export function drawBlockMark(
  picture: PicturePlanes,
  size: Size,
  mark: PictureMark,
  field?: "top" | "bottom",
): void {
  if (mark.frame > blockFrameMax) throw new RangeError(`frame ${mark.frame} does not fit a block mark`);
  const cells = blockCells(mark);
  const rect = blockRect(size);
  const planes = isPlanarRgb(size.pixelFormat) ? [0, 1, 2] : [0];
  const layout = planesOf(size.pixelFormat)[0];
  const pixelBytes = layout?.bytesPerSample ?? 1;
  const step = field === undefined ? 1 : 2;
  const parity = field === "bottom" ? 1 : 0;
  for (const index of planes) {
    const plane = planeAt(picture, index);
    const stride = strideAt(picture, index);
    for (let row = 0; row < blockGrid.rows; row++) {
      const top = rect.y + Math.round((row * rect.height) / blockGrid.rows);
      const bottom = rect.y + Math.round(((row + 1) * rect.height) / blockGrid.rows);
      const first = field === undefined || top % 2 === parity ? top : top + 1;
      if (first >= bottom) continue;
      const from = first * stride + rect.x * pixelBytes;
      const line = plane.subarray(from, from + rect.width * pixelBytes);
      drawCellRow(line, cells, row, rect.width, pixelBytes, size.pixelFormat);
      for (let y = first + step; y < bottom; y += step) plane.set(line, y * stride + rect.x * pixelBytes);
    }
  }
}

function drawCellRow(
  line: Uint8Array,
  cells: readonly (boolean | undefined)[],
  row: number,
  width: number,
  pixelBytes: number,
  format: PixelFormat,
): void {
  const { columns } = blockGrid;
  for (let column = 0; column < columns; column++) {
    const left = Math.round((column * width) / columns) * pixelBytes;
    const right = Math.round(((column + 1) * width) / columns) * pixelBytes;
    const luma = cells[row * columns + column] === true ? blockLuma.white : blockLuma.black;
    fillSamples(line.subarray(left, right), format, isRgb(format) ? rgb(format, luma) : [luma]);
  }
}

const isPlanarRgb = (format: PixelFormat): boolean => format === "gbrp";
const isRgb = (format: PixelFormat): boolean => format === "rgb24" || format === "rgba" || format === "gbrp";

/** Grey of a limited-range brightness in full-range RGB, so that a conversion to YCbCr gives it back. */
function rgb(format: PixelFormat, luma: number): readonly number[] {
  const value = Math.round(((luma - 16) * 255) / 219);
  if (format === "gbrp") return [value];
  return format === "rgba" ? [value, value, value, 255] : [value, value, value];
}

function groundSamples(format: PixelFormat, plane: number): readonly number[] {
  if (isRgb(format)) return rgb(format, blockLuma.ground);
  if (plane === 0) return [blockLuma.ground];
  if (format === "nv12" || format === "p010le") return [blockChroma.u, blockChroma.v];
  return [plane === 1 ? blockChroma.u : blockChroma.v];
}

/** No colour over the grid: black and white cells with colour would lie outside RGB. */
function clearGridColour(picture: PicturePlanes, index: number, size: Size): void {
  const layout = planesOf(size.pixelFormat)[index];
  if (layout === undefined) return;
  const rect = blockRect(size);
  const plane = planeAt(picture, index);
  const stride = strideAt(picture, index);
  const left = (rect.x >> layout.log2X) * layout.bytesPerSample;
  const right = Math.ceil((rect.x + rect.width) / (1 << layout.log2X)) * layout.bytesPerSample;
  const bottom = Math.ceil((rect.y + rect.height) / (1 << layout.log2Y));
  for (let y = rect.y >> layout.log2Y; y < bottom; y++) {
    fillSamples(plane.subarray(y * stride + left, y * stride + right), size.pixelFormat, [128]);
  }
}

const bitsAbove8: Partial<Record<PixelFormat, number>> = {
  yuv420p10le: 2,
  yuv422p10le: 2,
  yuv444p10le: 2,
  gray10le: 2,
  yuv420p12le: 4,
  yuv422p12le: 4,
  yuv444p12le: 4,
  p010le: 8,
};

/** Repeats the 8-bit `samples` over the bytes, widened where the format has 16-bit words. */
function fillSamples(bytes: Uint8Array, format: PixelFormat, samples: readonly number[]): void {
  const shift = bitsAbove8[format];
  if (shift === undefined) {
    const [only] = samples;
    if (samples.length === 1 && only !== undefined) {
      bytes.fill(only);
      return;
    }
    for (let i = 0; i < bytes.length; i++) bytes[i] = samples[i % samples.length] ?? 0;
    return;
  }
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    const word = (samples[(i >> 1) % samples.length] ?? 0) << shift;
    bytes[i] = word;
    bytes[i + 1] = word >> 8;
  }
}

function planeAt(picture: PicturePlanes, index: number): Uint8Array {
  const plane = picture.planes[index];
  if (plane === undefined) throw new RangeError(`the picture has no plane ${index}`);
  return plane;
}

function strideAt(picture: PicturePlanes, index: number): number {
  const stride = picture.strides[index];
  if (stride === undefined) throw new RangeError(`the picture has no plane ${index}`);
  return stride;
}
