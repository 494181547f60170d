import { PlayoutError } from "../../errors/playout-error.js";
import type { PictureFrame, PicturePlanes } from "../../media/picture.js";
import type { PictureFormat, PixelFormat } from "../../media/picture-format.js";
import { type PlaneLayout, planesOf, rowBytes, rowsOf } from "../../media/pixel-layout.js";
import type { AspectPolicy, ProgramFormat } from "../../media/program-format.js";
import { type Placement, placePicture } from "./placement.js";

/** 8-bit formats whose components lie in planes of their own; the copy conformer knows no others. */
const planar = new Set<PixelFormat>(["yuv420p", "yuv422p", "yuv444p", "gray"]);

/** Black of a component in limited range: 16 for brightness, 128 for colour. */
const blackOf = (plane: number): number => (plane === 0 ? 16 : 128);

/** Which source sample each column and row of one plane shows; −1 for a bar. */
interface PlaneMap {
  readonly columns: Int32Array;
  readonly rows: Int32Array;
  /** True where source rows run along the columns of the program (rotation by 90° or 270°). */
  readonly turned: boolean;
}

/** How one source format comes into the program format; made once and kept. */
export interface CopyPlan {
  readonly maps: readonly PlaneMap[];
}

/** `UnsupportedMedia` unless both formats are 8-bit planar YCbCr or grey. */
export function planCopy(
  from: PictureFormat,
  into: ProgramFormat,
  aspect: AspectPolicy,
  field: "both" | "first" | "second",
): CopyPlan {
  for (const format of [from.pixelFormat, into.pixelFormat]) {
    if (!planar.has(format)) {
      throw new PlayoutError("UnsupportedMedia", `The copy conformer does not know ${format}.`);
    }
  }
  const place = placePicture(from, into, aspect);
  const layouts = planesOf(into.pixelFormat);
  return { maps: layouts.map((layout, plane) => planPlane(from, into, place, layout, plane, field)) };
}

function planPlane(
  from: PictureFormat,
  into: ProgramFormat,
  place: Placement,
  layout: PlaneLayout,
  plane: number,
  field: "both" | "first" | "second",
): PlaneMap {
  const source = planesOf(from.pixelFormat)[plane];
  const width = rowBytes(layout, into.width);
  const height = rowsOf(layout, into.height);
  if (source === undefined) return { columns: bars(width), rows: bars(height), turned: false };
  const turned = from.rotation === 90 || from.rotation === 270;
  const across = rowBytes(source, from.width);
  const down = rowsOf(source, from.height);
  const flipX = from.rotation === 180 || from.rotation === 90;
  const flipY = from.rotation === 180 || from.rotation === 270;
  const fx = 1 << layout.log2X;
  const fy = 1 << layout.log2Y;
  const columns = nearest(width, place.x / fx, place.width / fx, turned ? down : across, flipX);
  const rows = nearest(height, place.y / fy, place.height / fy, turned ? across : down, flipY);
  const parity = fieldParity(from, field);
  if (parity !== undefined) keepField(turned ? columns : rows, parity, down);
  return { columns, rows, turned };
}

const bars = (length: number): Int32Array => new Int32Array(length).fill(-1);

function nearest(length: number, start: number, size: number, source: number, flip: boolean): Int32Array {
  const map = bars(length);
  for (let i = 0; i < length; i++) {
    const at = Math.floor(((i + 0.5 - start) * source) / size);
    if (at >= 0 && at < source) map[i] = flip ? source - 1 - at : at;
  }
  return map;
}

function fieldParity(from: PictureFormat, field: "both" | "first" | "second"): 0 | 1 | undefined {
  if (field === "both" || from.fieldOrder === "progressive") return undefined;
  return (from.fieldOrder === "top-first") === (field === "first") ? 0 : 1;
}

/** Moves every row to the nearest one of its field. */
function keepField(rows: Int32Array, parity: 0 | 1, height: number): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? -1;
    if (row < 0 || (row & 1) === parity) continue;
    rows[i] = row + 1 < height ? row + 1 : row - 1;
  }
}

/** Fills the whole program picture, bars included, dimmed by `alpha` towards black. */
export function copyPicture(from: PictureFrame, into: PicturePlanes, plan: CopyPlan, alpha: number): void {
  plan.maps.forEach((map, plane) => {
    const source = from.planes[plane];
    const sourceStride = from.strides[plane] ?? 0;
    const target = into.planes[plane];
    const stride = into.strides[plane] ?? 0;
    if (target === undefined) return;
    const black = blackOf(plane);
    const dim = dimTable(black, alpha);
    for (let y = 0; y < map.rows.length; y++) {
      const row = map.rows[y] ?? -1;
      const at = y * stride;
      if (row < 0 || source === undefined) {
        target.fill(black, at, at + map.columns.length);
        continue;
      }
      for (let x = 0; x < map.columns.length; x++) {
        const column = map.columns[x] ?? -1;
        if (column < 0) {
          target[at + x] = black;
          continue;
        }
        const index = map.turned ? column * sourceStride + row : row * sourceStride + column;
        target[at + x] = dim[source[index] ?? black] ?? black;
      }
    }
  });
}

/** Copies rows as they are: same format, nothing to dim. */
export function copyRows(from: PicturePlanes, into: PicturePlanes, format: ProgramFormat): void {
  planesOf(format.pixelFormat).forEach((layout, plane) => {
    const source = from.planes[plane];
    const target = into.planes[plane];
    const [sourceStride, stride] = [from.strides[plane] ?? 0, into.strides[plane] ?? 0];
    const bytes = rowBytes(layout, format.width);
    const rows = rowsOf(layout, format.height);
    if (source === undefined || target === undefined) return;
    for (let y = 0; y < rows; y++) {
      target.set(source.subarray(y * sourceStride, y * sourceStride + bytes), y * stride);
    }
  });
}

function dimTable(black: number, alpha: number): Uint8Array {
  const table = new Uint8Array(256);
  for (let value = 0; value < 256; value++) table[value] = Math.round(black + (value - black) * alpha);
  return table;
}
