import { type PicturePlanes, type ProgramFormat, planesOf, rowsOf } from "@retrovue/core";
import { glyphAdvance, glyphHeight, glyphOf, glyphWidth } from "./card-font.js";

/** A colour as Y, Cb, Cr in 8 bits of limited range. */
type Colour = readonly [number, number, number];

/** A dark blue that nobody takes for black, and a white that does not glare. */
const paper: Colour = [44, 150, 120];
const ink: Colour = [200, 128, 128];
const faint: Colour = [120, 140, 124];

const standBy = "PLEASE STAND BY";

/** Shares of the picture: what a line of text may take of its width at most, and a dot of its height. */
const lineShareMax = 0.8;
const nameDotShareMax = 1 / 60;
const noteDotShare = 1 / 150;

/** Letters of a name beyond this would be too small to read. */
const lettersMax = 32;

/**
 * Fills a picture in program format (planar YCbCr) with the card that airs where nothing else can: the channel's name and, where it is
 * drawn anew each second, the time.
 */
export function drawSlateCard(into: PicturePlanes, format: ProgramFormat, name: string, time?: string): void {
  const { width, height } = format;
  const card = new Card(into, format);
  card.fill(0, 0, width, height, paper);
  const letters = [...name].slice(0, lettersMax);
  const widest = Math.floor((width * lineShareMax) / Math.max(1, letters.length * glyphAdvance));
  const nameDot = even(Math.min(widest, Math.round(height * nameDotShareMax)));
  const noteDot = even(Math.round(height * noteDotShare));
  const middle = Math.round(height * 0.45);
  card.write(letters, middle - Math.round((nameDot * glyphHeight) / 2), nameDot, ink);
  const below = middle + nameDot * glyphHeight;
  card.write([...standBy], below, noteDot, faint);
  if (time !== undefined) card.write([...time], below + 2 * glyphHeight * noteDot, 2 * noteDot, ink);
}

/** Rounded to even numbers, so that dots lie on whole samples of subsampled chroma; never nothing. */
const even = (dots: number): number => Math.max(1, dots - (dots % 2));

/** Draws rectangles into planes of 8 bits or of 10 and 12 in two bytes. */
class Card {
  readonly #into: PicturePlanes;
  readonly #format: ProgramFormat;
  /** By how much 8-bit values are shifted up; undefined where a sample is one byte. */
  readonly #shift: number | undefined;

  constructor(into: PicturePlanes, format: ProgramFormat) {
    this.#into = into;
    this.#format = format;
    const depth = /p(\d\d)le$/.exec(format.pixelFormat)?.[1];
    this.#shift = depth === undefined ? undefined : Number(depth) - 8;
  }

  /** Writes a line in the middle of the width, its top at `top`. */
  write(letters: readonly string[], top: number, dot: number, colour: Colour): void {
    const across = (letters.length * glyphAdvance - (glyphAdvance - glyphWidth)) * dot;
    const left = even(Math.max(0, Math.round((this.#format.width - across) / 2)));
    for (const [index, letter] of letters.entries())
      for (const [y, row] of glyphOf(letter).entries())
        for (const [x, isDot] of row.entries())
          if (isDot)
            this.fill(left + (index * glyphAdvance + x) * dot, even(top) + y * dot, dot, dot, colour);
  }

  fill(x: number, y: number, width: number, height: number, colour: Colour): void {
    for (const [index, { log2X, log2Y, bytesPerSample }] of planesOf(this.#format.pixelFormat).entries()) {
      const plane = this.#into.planes[index];
      const stride = this.#into.strides[index] ?? 0;
      const value = colour[index] ?? 128;
      if (plane === undefined) continue;
      const [first, end] = [x >> log2X, (x + width + (1 << log2X) - 1) >> log2X];
      const lastRow = Math.min(
        (y + height + (1 << log2Y) - 1) >> log2Y,
        rowsOf({ log2X, log2Y, bytesPerSample }, this.#format.height),
      );
      for (let row = y >> log2Y; row < lastRow; row++)
        this.#fillRow(
          plane.subarray(row * stride + first * bytesPerSample, row * stride + end * bytesPerSample),
          value,
        );
    }
  }

  #fillRow(bytes: Uint8Array, value: number): void {
    if (this.#shift === undefined) {
      bytes.fill(value);
      return;
    }
    const deep = value << this.#shift;
    for (let at = 0; at + 1 < bytes.length; at += 2) {
      bytes[at] = deep & 0xff;
      bytes[at + 1] = deep >> 8;
    }
  }
}
