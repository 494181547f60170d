import { checkBits, type PictureMark } from "./mixing.js";

/**
 * The block mark: a grid of black and white cells in the middle of a mid-grey picture.
 *
 *     W B W B W B W B W B     a ring of known cells: white on the left and at the bottom, alternating on top and on
 *     W . . . . . . . . W     the right, so that a reader finds the grid, and which way up it is;
 *     W . 6 × 8 cells . B     within it 24 bits of frame number, 8 of asset id and 16 check bits, whitened
 *     ...
 *     W W W W W W W W W W
 *
 * Grey stays half way between black and white whatever a fade does, which is how the grid's edges are found after
 * scaling, bars, cut edges and lossy coding: no rectangle need be known.
 */
export const blockGrid = Object.freeze({ columns: 10, rows: 8 });

/** The grid's share of the picture's width and height: edges may be cut by 14 % on each side. */
export const blockShare = 0.72;

/** Largest frame number that fits. */
export const blockFrameMax = 0xff_ffff;

// Any fixed bits with as many ones as zeros: long runs of one colour would starve the reader of contrast.
const whitenFrame = 0x5a_a596;
const whitenAsset = 0xa5;
const whitenCheck = 0x9c_63;

const known = (column: number, row: number): boolean | undefined => {
  const { columns, rows } = blockGrid;
  if (column === 0 || row === rows - 1) return true;
  if (row === 0) return column % 2 === 0;
  if (column === columns - 1) return row % 2 === 1;
  return undefined;
};

/** Whether each cell is white, row by row; only the ring where `mark` is left out (the others undefined). */
export function blockCells(mark?: PictureMark): (boolean | undefined)[] {
  const { columns, rows } = blockGrid;
  const cells: (boolean | undefined)[] = [];
  let bit = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const ring = known(column, row);
      cells.push(ring ?? (mark === undefined ? undefined : bitOf(mark, bit++)));
    }
  }
  return cells;
}

function bitOf(mark: PictureMark, bit: number): boolean {
  const word =
    bit < 24
      ? (mark.frame ^ whitenFrame) >>> bit
      : bit < 32
        ? (mark.asset ^ whitenAsset) >>> (bit - 24)
        : (checkBits(mark.frame, mark.asset) ^ whitenCheck) >>> (bit - 32);
  return (word & 1) === 1;
}

/** The mark that the cells (row by row, ring included) spell, or undefined where the check bits do not fit. */
export function markOfCells(cells: readonly boolean[]): PictureMark | undefined {
  const { columns, rows } = blockGrid;
  let [frame, asset, check, bit] = [0, 0, 0, 0];
  for (let row = 1; row < rows - 1; row++) {
    for (let column = 1; column < columns - 1; column++, bit++) {
      if (cells[row * columns + column] !== true) continue;
      if (bit < 24) frame |= 1 << bit;
      else if (bit < 32) asset |= 1 << (bit - 24);
      else check |= 1 << (bit - 32);
    }
  }
  frame ^= whitenFrame;
  asset ^= whitenAsset;
  check ^= whitenCheck;
  return asset !== 0 && check === checkBits(frame, asset) ? { frame, asset } : undefined;
}
