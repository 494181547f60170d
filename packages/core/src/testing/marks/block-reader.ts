import { blockCells, blockGrid, markOfCells } from "./block-mark.js";
import { type LumaView, lumaAt, type Rect } from "./luma-view.js";
import type { PictureMark } from "./mixing.js";

/** A mark, and where it was found. */
export interface FoundMark extends PictureMark {
  /** The grid's place in the picture, to about a pixel: tells scaling, bars and cut edges. */
  readonly rect: Rect;
  /** Clockwise turn of the grid against how it was drawn, in degrees. */
  readonly turned: 0 | 90 | 180 | 270;
  /** White minus black as found, in 8-bit steps: 219 where nothing dimmed the picture. */
  readonly contrast: number;
}

/** Below this the picture is taken for black or flat: lossy coding leaves a few steps of noise. */
const contrastMin = 16;
/** Cells of the ring that may be misread: 3 of 32 still leave no doubt about the grid's place. */
const ringErrorsMax = 3;
/** Samples looked at across a whole picture's width or height, and across a cell. */
const looks = 64;
const looksPerCell = 5;

const ring = blockCells();

/**
 * Finds and reads the block mark of a picture: of any size from about 64 pixels across, scaled, with bars, turned,
 * dimmed, with edges cut by up to 14 %, and after lossy coding. The picture's centre must lie within the mark. Undefined
 * where there is none, or where it is too damaged to be sure.
 */
export function readBlockMark(view: LumaView): FoundMark | undefined {
  const levels = levelsOf(view);
  if (levels.white - levels.black < contrastMin) return undefined;
  const rect = gridRect(view, levels);
  if (rect === undefined) return undefined;
  for (const turned of [0, 90, 180, 270] as const) {
    const cells = readCells(view, rect, turned, (levels.black + levels.white) / 2);
    let errors = 0;
    for (let i = 0; i < ring.length; i++) {
      const expected = ring[i];
      if (expected !== undefined && cells[i] !== expected) errors++;
    }
    if (errors > ringErrorsMax) continue;
    const mark = markOfCells(cells);
    if (mark !== undefined) return { ...mark, rect, turned, contrast: levels.white - levels.black };
  }
  return undefined;
}

interface Levels {
  readonly black: number;
  readonly white: number;
}

/** Black and white as they are in the middle of the picture, without the odd pixel that ringing throws up. */
function levelsOf(view: LumaView): Levels {
  const found: number[] = [];
  for (let j = 0; j < looks; j++) {
    const y = Math.floor(view.height * (0.25 + (0.5 * j) / looks));
    for (let i = 0; i < looks; i++)
      found.push(lumaAt(view, Math.floor(view.width * (0.25 + (0.5 * i) / looks)), y));
  }
  found.sort((a, b) => a - b);
  return {
    black: found[Math.floor(found.length * 0.1)] ?? 0,
    white: found[Math.floor(found.length * 0.9)] ?? 0,
  };
}

/** Walks outwards from the centre to where the picture turns grey, on all four sides. */
function gridRect(view: LumaView, levels: Levels): Rect | undefined {
  const middle = (levels.black + levels.white) / 2;
  const band = (levels.white - levels.black) / 4;
  const isGround = (x: number, y: number): boolean => Math.abs(lumaAt(view, x, y) - middle) < band;
  const columnIsGround = (x: number): boolean =>
    mostly((i) => isGround(x, Math.floor(view.height * (0.36 + (0.28 * i) / looks))));
  const rowIsGround = (y: number): boolean =>
    mostly((i) => isGround(Math.floor(view.width * (0.36 + (0.28 * i) / looks)), y));
  const left = edge(Math.floor(view.width / 2), -1, view.width, columnIsGround);
  const right = edge(Math.floor(view.width / 2), 1, view.width, columnIsGround);
  const top = edge(Math.floor(view.height / 2), -1, view.height, rowIsGround);
  const bottom = edge(Math.floor(view.height / 2), 1, view.height, rowIsGround);
  const rect = { x: left + 1, y: top + 1, width: right - left - 1, height: bottom - top - 1 };
  return rect.width < blockGrid.columns * 2 || rect.height < blockGrid.rows * 2 ? undefined : rect;
}

function mostly(test: (i: number) => boolean): boolean {
  let yes = 0;
  for (let i = 0; i < looks; i++) if (test(i)) yes++;
  return yes > looks * 0.75;
}

/**
 * The first line of the ground from `from` on in direction `step`, or just outside the picture. One grey line is not
 * enough: where black turns to white between two cells it passes through grey, but never for 4 % of the picture.
 */
function edge(from: number, step: 1 | -1, size: number, isGround: (at: number) => boolean): number {
  const run = Math.max(2, Math.round(size * 0.04));
  let grey = 0;
  let at = from;
  for (; at >= 0 && at < size; at += step) {
    grey = isGround(at) ? grey + 1 : 0;
    if (grey === run) return at - step * (run - 1);
  }
  return at - step * grey;
}

function readCells(view: LumaView, rect: Rect, turned: 0 | 90 | 180 | 270, middle: number): boolean[] {
  const { columns, rows } = blockGrid;
  const cells: boolean[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let j = 0; j < looksPerCell; j++) {
        for (let i = 0; i < looksPerCell; i++) {
          // The outer quarters of a cell are left alone: that is where coding and scaling blur it.
          const u = (column + 0.25 + (0.5 * (i + 0.5)) / looksPerCell) / columns;
          const v = (row + 0.25 + (0.5 * (j + 0.5)) / looksPerCell) / rows;
          sum += turnedLuma(view, rect, turned, u, v);
        }
      }
      cells.push(sum / (looksPerCell * looksPerCell) > middle);
    }
  }
  return cells;
}

/** Brightness at the grid's own (u, v), both 0…1, where the grid was turned clockwise. */
function turnedLuma(view: LumaView, rect: Rect, turned: 0 | 90 | 180 | 270, u: number, v: number): number {
  const [s, t] =
    turned === 0 ? [u, v] : turned === 90 ? [1 - v, u] : turned === 180 ? [1 - u, 1 - v] : [v, 1 - u];
  const x = Math.min(view.width - 1, Math.max(0, Math.floor(rect.x + s * rect.width)));
  const y = Math.min(view.height - 1, Math.max(0, Math.floor(rect.y + t * rect.height)));
  return lumaAt(view, x, y);
}
