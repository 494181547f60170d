/**
 * Scrambles 32 bits so that every input bit moves every output bit (the finaliser of MurmurHash3, public domain).
 * Marks use it for check bits and for noise: it is a pure function, so a reader finds what a writer wrote.
 */
export function mix32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Sixteen check bits over a frame number and an asset id. */
export const checkBits = (frame: number, asset: number): number =>
  mix32(mix32(frame ^ 0x5e7f_00d5) ^ (asset << 24)) >>> 16;

/** What a picture says about itself. */
export interface PictureMark {
  /** Index of the picture (or field) in its asset, from 0. */
  readonly frame: number;
  /** Which asset it belongs to, 1 to 255: a picture of another asset is recognised as foreign. */
  readonly asset: number;
}
