import type { PictureBuffer, PictureFormat, PictureSupply } from "@retrovue/core";
import type { NativePicture, NativeSession } from "./native.js";

/** Buffers kept ready for the codec: what it takes up from one read to the next, with some to spare. */
const atHandMin = 4;

/**
 * The bus buffers that a session decodes into: keeps some at hand and gives back those that it is done with. Works when it is
 * called, which every read and release does; a codec that finds none at hand does not wait.
 */
export class LoanedBuffers {
  readonly #native: NativeSession;
  readonly #supply: PictureSupply;
  readonly #out = new Map<number, PictureBuffer>();
  #nextId = 0;
  #isStopped = false;

  constructor(native: NativeSession, supply: PictureSupply) {
    this.#native = native;
    this.#supply = supply;
    this.tend();
  }

  /** Uses no more buffers where the asset's pictures could not air as they are, and so must be conformed anyway. */
  decide(format: PictureFormat | undefined): void {
    if (format === undefined || !this.#supply.fits(format)) this.stop();
  }

  /** Gives back what is done with, and fetches more. */
  tend(): void {
    const returned = this.#native.returnedBuffers();
    if (returned !== undefined) {
      for (const id of returned) {
        this.#out.get(id)?.release();
        this.#out.delete(id);
      }
    }
    if (this.#isStopped) return;
    for (let atHand = this.#native.buffersAtHand(); atHand < atHandMin; atHand++) {
      const buffer = this.#supply.loan();
      if (buffer === undefined) return;
      if (buffer.share === undefined) {
        buffer.release();
        return;
      }
      const id = this.#nextId;
      this.#nextId = (id + 1) % 2 ** 32;
      this.#out.set(id, buffer);
      this.#native.offerBuffer(id, buffer);
    }
  }

  /** Fetches no more; what is out comes back as it is done with. */
  stop(): void {
    this.#isStopped = true;
    this.#native.stopBuffers();
    this.tend();
  }

  /** A hold on the buffer that a picture lies in, with its planes; undefined for a buffer that is not out. */
  hold({ buffer: id, offsets }: NativePicture): PictureBuffer | undefined {
    return id === undefined ? undefined : this.#out.get(id)?.share?.(offsets);
  }
}
