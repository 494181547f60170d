import {
  type BufferLayout,
  type PictureBuffer,
  type PictureFormat,
  type PictureSupply,
  planesOf,
  rowBytes,
  rowsOf,
} from "@retrovue/core";

/** As a frame bus lays its pictures out: rows begin at multiples of 64 bytes, with room for whole blocks below (frame-bus.md). */
const alignment = 64;
const rowsBelow = 2;

const alignedUp = (value: number): number => Math.ceil(value / alignment) * alignment;

/** What became of one buffer that was lent. */
export interface LentBuffer {
  readonly buffer: PictureBuffer;
  readonly planes: readonly Uint8Array[];
  /** Holds on it that are not released. */
  holds: number;
  /** True once the decoder itself has released it. */
  isBack: boolean;
}

/** Lends buffers of plain memory, all it was told to have, and watches what becomes of them. Each is lent once. */
export class HeapSupply implements PictureSupply {
  readonly layout: BufferLayout;
  readonly lent: LentBuffer[] = [];
  /** What a decoder did wrong; empty for one that keeps the contract. */
  readonly faults: string[] = [];
  readonly #fits: boolean;
  readonly #countMax: number;

  /**
   * @param format of the pictures that the buffers are for
   * @param countMax how many decoders may have at one time
   * @param fits what it says of every format
   */
  constructor(
    format: Pick<PictureFormat, "width" | "height" | "pixelFormat">,
    countMax = Number.POSITIVE_INFINITY,
    fits = true,
  ) {
    const { width, height, pixelFormat } = format;
    const planes = planesOf(pixelFormat);
    this.layout = {
      width,
      height,
      pixelFormat,
      strides: planes.map((plane) => alignedUp(rowBytes(plane, alignedUp(width)))),
      roomRows: planes.map((plane) => rowsOf(plane, alignedUp(height) + rowsBelow)),
    };
    this.#fits = fits;
    this.#countMax = countMax;
  }

  fits(): boolean {
    return this.#fits;
  }

  /** Buffers that decoders have now. */
  get out(): number {
    return this.lent.filter((it) => !it.isBack).length;
  }

  loan(): PictureBuffer | undefined {
    if (this.out >= this.#countMax) return undefined;
    const { strides, roomRows } = this.layout;
    const planes = strides.map((stride, p) => pagedArray(stride * (roomRows[p] ?? 0)));
    let isHeld = true;
    const buffer: PictureBuffer = {
      index: this.lent.length,
      planes,
      strides,
      roomRows,
      release: () => {
        if (!isHeld) this.faults.push(`buffer ${buffer.index} was released twice`);
        isHeld = false;
        it.isBack = true;
      },
      share: (offsets) => this.#share(it, offsets),
    };
    const it: LentBuffer = { buffer, planes, holds: 0, isBack: false };
    this.lent.push(it);
    return buffer;
  }

  #share(it: LentBuffer, offsets: readonly number[] = []): PictureBuffer {
    if (it.isBack && it.holds === 0)
      this.faults.push(`buffer ${it.buffer.index} was shared after its release`);
    it.holds += 1;
    let isHeld = true;
    return {
      index: it.buffer.index,
      planes: it.planes.map((plane, p) => plane.subarray(offsets[p] ?? 0)),
      strides: it.buffer.strides,
      release: () => {
        if (isHeld) it.holds -= 1;
        isHeld = false;
      },
      share: (more) => this.#share(it, more ?? offsets),
    };
  }
}

/** Memory that begins at a page, as mapped memory does: a buffer that may be resized has pages of its own. */
const pagedArray = (bytes: number): Uint8Array =>
  new Uint8Array(new ArrayBuffer(bytes, { maxByteLength: bytes }), 0, bytes);
