import type { BufferLayout, PictureSupply } from "../decoder/picture-supply.js";
import type { PictureFormat } from "../media/picture-format.js";
import { planesOf, rowsOf } from "../media/pixel-layout.js";
import type { ProgramFormat } from "../media/program-format.js";
import type { FrameWriter, PictureBuffer } from "./frame-bus.js";

/** What a supply is made with. */
export interface BufferSupplyOptions {
  readonly writer: FrameWriter;
  readonly format: ProgramFormat;
  /** Which pictures can air as they are. */
  readonly fits: (format: PictureFormat) => boolean;
  /**
   * Buffers that decoders may have at one time: the bus's `directReferences`, so that however many they keep there are
   * always enough for the lead and for conforming.
   */
  readonly buffersMax: number;
}

/** Buffers borrowed ahead, so that a decoder gets one without waiting: as many as a codec takes up from one read to the next. */
const idleMax = 4;

/**
 * Lends decoders a bounded share of a bus's buffers, at once or not at all. Disposing it gives back what nobody took; what is
 * out comes back through its own `release()`.
 */
export class BufferSupply implements PictureSupply, Disposable {
  readonly #options: BufferSupplyOptions;
  readonly #stop = new AbortController();
  readonly #idle: PictureBuffer[] = [];
  #out = 0;
  #asked = 0;
  #layout: BufferLayout | undefined;

  constructor(options: BufferSupplyOptions) {
    this.#options = options;
    this.#refill();
  }

  get layout(): BufferLayout | undefined {
    return this.#layout;
  }

  fits(format: PictureFormat): boolean {
    return this.#options.fits(format);
  }

  loan(): PictureBuffer | undefined {
    const buffer = this.#idle.pop();
    if (buffer === undefined) return undefined;
    this.#out += 1;
    this.#refill();
    return this.#counted(buffer);
  }

  /** Buffers that decoders have now. */
  get out(): number {
    return this.#out;
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    for (const buffer of this.#idle.splice(0)) buffer.release();
  }

  #refill(): void {
    const { buffersMax, writer } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const ready = this.#idle.length + this.#asked;
      if (ready >= idleMax || ready + this.#out >= buffersMax) return;
      this.#asked += 1;
      writer.loan(signal).then(
        (buffer) => {
          this.#asked -= 1;
          this.#layout ??= layoutOf(buffer, this.#options.format);
          if (signal.aborted) buffer.release();
          else this.#idle.push(buffer);
        },
        () => {
          // Asked for no more than the bus has room for, this fails with the lane alone; and then for ever.
          this.#asked -= 1;
          this.#stop.abort();
        },
      );
    }
  }

  /** The decoder's hold, which counts for as long as it lasts; holds shared from it are the channel's own. */
  #counted(buffer: PictureBuffer): PictureBuffer {
    let isOut = true;
    return {
      index: buffer.index,
      planes: buffer.planes,
      strides: buffer.strides,
      ...(buffer.roomRows && { roomRows: buffer.roomRows }),
      ...(buffer.share && { share: buffer.share.bind(buffer) }),
      release: () => {
        if (!isOut) return;
        isOut = false;
        this.#out -= 1;
        buffer.release();
        this.#refill();
      },
    };
  }
}

function layoutOf({ strides, roomRows }: PictureBuffer, format: ProgramFormat): BufferLayout {
  const { width, height, pixelFormat } = format;
  const rows = roomRows ?? planesOf(pixelFormat).map((plane) => rowsOf(plane, height));
  return Object.freeze({ width, height, pixelFormat, strides, roomRows: rows });
}
