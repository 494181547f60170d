/**
 * Writes H.264 in field pictures (PAFF), which no encoder at hand makes: each macroblock carries its samples as they are
 * (I_PCM) or is taken from the field before (P_Skip), so that what a decoder has to show is known to the bit. Numbers in
 * brackets are clauses of ITU-T H.264.
 */

/** How a picture is coded: as a frame, or as two fields of which the second may refer to an earlier one alone. */
export type PictureCoding = "frame" | "fields" | "second-skipped";

/** One picture to write. */
export interface CodedPicture {
  /** yuv420p, planes one after the other, rows without padding. */
  readonly bytes: Uint8Array;
  readonly coding: PictureCoding;
  /** Nothing before it is referred to any more. */
  readonly isIdr: boolean;
  /** Whether later pictures may refer to it. */
  readonly isReference: boolean;
}

/** What all pictures of a stream have in common. */
export interface FieldStream {
  /** Multiple of 16. */
  readonly width: number;
  /** Multiple of 32, so that each field is made of whole macroblocks. */
  readonly height: number;
  readonly topFirst: boolean;
  /** Pictures a second. */
  readonly rate: number;
}

/** Bits of frame_num and pic_order_cnt_lsb. */
const countBits = 8;
/** With two, a second field refers to the same field of the reference picture before; after an IDR to its own first field. */
const referencesMax = 2;
/** mb_type of I_PCM in an I slice (table 7-11); in a P slice five come before it (table 7-13). */
const pcmType = 25;
const iSlice = 7;
const pSlice = 5;

/** Bits, most significant first. */
class BitWriter {
  readonly #bytes: number[] = [];
  #free = 0;

  bits(value: number, count: number): this {
    for (let i = count - 1; i >= 0; i--) {
      if (this.#free === 0) {
        this.#bytes.push(0);
        this.#free = 8;
      }
      this.#free -= 1;
      const bit = Math.floor(value / 2 ** i) % 2;
      this.#bytes[this.#bytes.length - 1]! |= bit << this.#free;
    }
    return this;
  }

  /** Flags, one bit each. */
  flags(...values: readonly (0 | 1)[]): this {
    for (const value of values) this.bits(value, 1);
    return this;
  }

  /** Exp-Golomb, unsigned (9.1); a signed 0 is the same. */
  golomb(...values: readonly number[]): this {
    for (const value of values) {
      const length = Math.floor(Math.log2(value + 1));
      this.bits(0, length).bits(value + 1, length + 1);
    }
    return this;
  }

  align(): this {
    return this.bits(0, this.#free);
  }

  /** Only where aligned. */
  bytes(from: Uint8Array): this {
    for (const byte of from) this.#bytes.push(byte);
    return this;
  }

  /** As a NAL unit in Annex B: closed (7.3.2.11), with emulation prevention (7.4.1). */
  unit(type: number, refIdc: number): Uint8Array {
    this.bits(1, 1).align();
    const out = [0, 0, 0, 1, (refIdc << 5) | type];
    let zeros = 0;
    for (const byte of this.#bytes) {
      if (zeros >= 2 && byte <= 3) {
        out.push(3);
        zeros = 0;
      }
      out.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    return Uint8Array.from(out);
  }
}

/** 7.3.2.1.1 and E.1.1: Main profile, fields allowed, no reordering. */
function sequenceParameters({ width, height, rate }: FieldStream): Uint8Array {
  const it = new BitWriter().bits(77, 8).bits(0, 8).bits(40, 8);
  it.golomb(0, countBits - 4, 0, countBits - 4, referencesMax).flags(0);
  it.golomb(width / 16 - 1, height / 32 - 1).flags(0, 0, 1, 0);
  it.flags(1, 0, 0, 0, 0, 1)
    .bits(1, 32)
    .bits(2 * rate, 32)
    .flags(1);
  it.flags(0, 0, 0, 1, 1).golomb(0, 0, 10, 10, 0, referencesMax);
  return it.unit(7, 1);
}

/** 7.3.2.2: CAVLC; slices say that they are not deblocked. */
const pictureParameters = (): Uint8Array =>
  new BitWriter()
    .golomb(0, 0)
    .flags(0, 0)
    .golomb(0, 0, 0)
    .flags(0, 0, 0)
    .golomb(0, 0, 0)
    .flags(1, 0, 0)
    .unit(8, 1);

/** Where a coded picture's rows lie in the frame. */
type Structure = "frame" | "top" | "bottom";

/** The stream, in units as they are to be written: parameters and one or two slices for each picture. */
export function fieldPictureUnits(stream: FieldStream, pictures: readonly CodedPicture[]): Uint8Array[][] {
  let frameNumber = 0;
  let order = 0;
  return pictures.map((picture) => {
    if (picture.isIdr) frameNumber = order = 0;
    const fields: readonly Structure[] = stream.topFirst ? ["top", "bottom"] : ["bottom", "top"];
    const structures = picture.coding === "frame" ? (["frame"] as const) : fields;
    const slices = structures.map((structure, index) =>
      slice(stream, picture, { structure, isSecond: index === 1, frameNumber, order: order + index }),
    );
    order += 2;
    if (picture.isReference) frameNumber += 1;
    return picture.isIdr ? [sequenceParameters(stream), pictureParameters(), ...slices] : slices;
  });
}

interface SlicePlace {
  readonly structure: Structure;
  readonly isSecond: boolean;
  readonly frameNumber: number;
  readonly order: number;
}

/** 7.3.3 and 7.3.4: all of a picture in one slice. */
function slice(stream: FieldStream, picture: CodedPicture, place: SlicePlace): Uint8Array {
  const { structure, isSecond } = place;
  // The second field of such a picture is an ordinary one (7.4.1.2.4).
  const isIdr = picture.isIdr && !isSecond;
  const isSkipped = isSecond && picture.coding === "second-skipped";
  const it = new BitWriter()
    .golomb(0, isSkipped ? pSlice : iSlice, 0)
    .bits(place.frameNumber % 2 ** countBits, countBits);
  it.flags(structure === "frame" ? 0 : 1);
  if (structure !== "frame") it.flags(structure === "bottom" ? 1 : 0);
  if (isIdr) it.golomb(0);
  it.bits(place.order % 2 ** countBits, countBits);
  if (isSkipped) it.flags(0, 0);
  if (picture.isReference) it.flags(...(isIdr ? ([0, 0] as const) : ([0] as const)));
  it.golomb(0, 1);
  const lines = structure === "frame" ? 1 : 2;
  const columns = stream.width / 16;
  const rows = stream.height / 16 / lines;
  if (isSkipped) {
    it.golomb(columns * rows);
  } else {
    for (let at = 0; at < columns * rows; at++) {
      it.golomb(pcmType).align();
      const first = structure === "bottom" ? 1 : 0;
      for (const block of blocksOf(stream, at % columns, Math.floor(at / columns), first, lines)) {
        it.bytes(picture.bytes.subarray(block, block + blockBytes(stream, block)));
      }
    }
  }
  return it.unit(isIdr ? 5 : 1, picture.isReference ? 1 : 0);
}

/** Samples in a row of a macroblock: 16 of luma, 8 of each colour. */
const blockBytes = ({ width, height }: FieldStream, at: number): number => (at < width * height ? 16 : 8);

/** Where the rows of a macroblock begin (7.3.5, pcm_sample_luma and pcm_sample_chroma). */
function blocksOf(stream: FieldStream, column: number, row: number, first: number, lines: number): number[] {
  const { width, height } = stream;
  const starts: number[] = [];
  for (let y = 0; y < 16; y++) starts.push(((row * 16 + y) * lines + first) * width + column * 16);
  for (const plane of [width * height, (width * height * 5) / 4]) {
    for (let y = 0; y < 8; y++)
      starts.push(plane + (((row * 8 + y) * lines + first) * width) / 2 + column * 8);
  }
  return starts;
}
