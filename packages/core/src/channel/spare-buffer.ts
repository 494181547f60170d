import type { FrameWriter, PictureBuffer } from "../bus/frame-bus.js";

/**
 * One buffer of the bus on loan ahead of its use, so that a decoder can be given it without waiting: while the pool is empty
 * it decodes into memory of its own instead. At most one is kept and at most one is asked for. For one user, who asks for one
 * buffer at a time.
 */
export class SpareBuffer {
  readonly #writer: FrameWriter;
  #ready: PictureBuffer | undefined;
  #asking: Promise<void> | undefined;
  #isClosed = false;

  constructor(writer: FrameWriter) {
    this.#writer = writer;
  }

  /** The spare if it is there, else undefined; asks for the next one. The caller releases it or gives it back. */
  take(signal: AbortSignal): PictureBuffer | undefined {
    const buffer = this.#ready;
    this.#ready = undefined;
    this.prepare(signal);
    return buffer;
  }

  /** Asks for a spare where there is none: it will be wanted soon. */
  prepare(signal: AbortSignal): void {
    // A loan that fails here fails again for whoever cannot do without.
    if (this.#ready === undefined) this.#ask(signal).catch(() => {});
  }

  /** A buffer, as soon as there is one; rejects as `FrameWriter.loan` does. */
  async get(signal: AbortSignal): Promise<PictureBuffer> {
    if (this.#ready === undefined) await this.#ask(signal);
    const buffer = this.#ready;
    this.#ready = undefined;
    return buffer ?? this.#writer.loan(signal);
  }

  /** Takes a buffer back that was not used. */
  giveBack(buffer: PictureBuffer): void {
    if (this.#ready === undefined && !this.#isClosed) this.#ready = buffer;
    else buffer.release();
  }

  /** Keeps nothing from now on. */
  close(): void {
    this.#isClosed = true;
    this.#ready?.release();
    this.#ready = undefined;
  }

  #ask(signal: AbortSignal): Promise<void> {
    if (this.#asking !== undefined) return this.#asking;
    const asking = this.#writer.loan(signal).then((buffer) => this.giveBack(buffer));
    const isOver = () => {
      this.#asking = undefined;
    };
    asking.then(isOver, isOver);
    this.#asking = asking;
    return asking;
  }
}
