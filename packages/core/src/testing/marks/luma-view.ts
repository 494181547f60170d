import type { PicturePlanes } from "../../media/picture.js";
import type { PixelFormat } from "../../media/picture-format.js";

/** A look at the brightness samples of a picture, in whatever layout they lie. Nothing is copied. */
export interface LumaView {
  readonly bytes: Uint8Array;
  /** Byte offset of the first sample. */
  readonly offset: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  /** Bytes from one sample to the next in a row. */
  readonly step: number;
  readonly width: number;
  readonly height: number;
  /** How far a 16-bit little-endian sample is shifted right to give 8 bits; undefined for 8-bit samples. */
  readonly shift: number | undefined;
}

/** A part of a picture in its own pixels; may reach beyond it. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface LumaSamples {
  readonly step: number;
  readonly offset: number;
  readonly shift: number | undefined;
}

const eightBit: LumaSamples = { step: 1, offset: 0, shift: undefined };

function lumaSamples(format: PixelFormat): LumaSamples {
  switch (format) {
    case "yuv420p10le":
    case "yuv422p10le":
    case "yuv444p10le":
    case "gray10le":
      return { step: 2, offset: 0, shift: 2 };
    case "yuv420p12le":
    case "yuv422p12le":
    case "yuv444p12le":
      return { step: 2, offset: 0, shift: 4 };
    case "p010le":
      // P010 keeps its ten bits at the top of the word.
      return { step: 2, offset: 0, shift: 8 };
    // Green stands for brightness in RGB: marks are grey, so the three are equal.
    case "rgb24":
      return { step: 3, offset: 1, shift: undefined };
    case "rgba":
      return { step: 4, offset: 1, shift: undefined };
    default:
      return eightBit;
  }
}

/** The brightness of a picture. For `gbrp` the first plane is green, which serves. */
export function lumaView(
  picture: PicturePlanes,
  format: { readonly width: number; readonly height: number; readonly pixelFormat: PixelFormat },
): LumaView {
  const bytes = picture.planes[0];
  const stride = picture.strides[0];
  if (bytes === undefined || stride === undefined) throw new RangeError("a picture has at least one plane");
  return { bytes, stride, width: format.width, height: format.height, ...lumaSamples(format.pixelFormat) };
}

/** The view over every second row: one field of an interlaced picture. */
export const fieldView = (view: LumaView, field: "top" | "bottom"): LumaView => ({
  ...view,
  offset: view.offset + (field === "top" ? 0 : view.stride),
  stride: view.stride * 2,
  height: field === "top" ? (view.height + 1) >> 1 : view.height >> 1,
});

/** One sample in 8 bits; coordinates must lie inside. */
export function lumaAt(view: LumaView, x: number, y: number): number {
  const at = view.offset + y * view.stride + x * view.step;
  const low = view.bytes[at] ?? 0;
  if (view.shift === undefined) return low;
  return (low | ((view.bytes[at + 1] ?? 0) << 8)) >> view.shift;
}
