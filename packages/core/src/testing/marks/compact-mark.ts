import { checkBits, type PictureMark } from "./mixing.js";

/**
 * The compact mark: eight raw bytes at the start of a brightness row. It survives copying and nothing else, costs
 * next to nothing, and is what simulations use with pictures as small as 8×1.
 *
 *     byte 0…3   frame number, little-endian
 *          4     asset id
 *          5…6   check bits, little-endian
 *          7     opacity: 255 as written by a decoder; a conformer in compact mode notes its alpha here
 */
export const compactMarkBytes = 8;

/** What a compact mark says. */
export interface CompactMark extends PictureMark {
  /** 0 = fully dimmed … 255 = untouched. */
  readonly opacity: number;
}

/** Writes the mark at `at`. Frames count to 2^32. */
export function writeCompactMark(bytes: Uint8Array, at: number, frame: number, asset: number): void {
  const check = checkBits(frame, asset);
  bytes[at] = frame;
  bytes[at + 1] = frame >>> 8;
  bytes[at + 2] = frame >>> 16;
  bytes[at + 3] = frame >>> 24;
  bytes[at + 4] = asset;
  bytes[at + 5] = check;
  bytes[at + 6] = check >>> 8;
  bytes[at + 7] = 255;
}

/** The frame number at `at`, or −1 where there is no valid mark of `asset`. Allocates nothing. */
export function compactFrameOf(bytes: Uint8Array, at: number, asset: number): number {
  if (bytes[at + 4] !== asset) return -1;
  const frame = frameBits(bytes, at);
  return checkBits(frame, asset) === checkOf(bytes, at) ? frame : -1;
}

/** The mark at `at`, whatever its asset; undefined where the check bits do not fit. */
export function readCompactMark(bytes: Uint8Array, at = 0): CompactMark | undefined {
  const asset = bytes[at + 4];
  const opacity = bytes[at + 7];
  if (asset === undefined || opacity === undefined || asset === 0) return undefined;
  const frame = frameBits(bytes, at);
  return checkBits(frame, asset) === checkOf(bytes, at) ? { frame, asset, opacity } : undefined;
}

function frameBits(bytes: Uint8Array, at: number): number {
  const word =
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24);
  return word >>> 0;
}

const checkOf = (bytes: Uint8Array, at: number): number => (bytes[at + 5] ?? 0) | ((bytes[at + 6] ?? 0) << 8);
