import type { FrameWriter, PictureBuffer } from "@retrovue/core";

/** A buffer on loan that tells when it is given back. */
class CountedBuffer implements PictureBuffer {
  #isOut = true;

  constructor(
    readonly inner: PictureBuffer,
    readonly onBack: () => void,
  ) {}

  get index(): number {
    return this.inner.index;
  }

  get planes(): readonly Uint8Array[] {
    return this.inner.planes;
  }

  get strides(): readonly number[] {
    return this.inner.strides;
  }

  release(): void {
    if (this.#isOut) this.onBack();
    this.#isOut = false;
    this.inner.release();
  }
}

/** A lane that counts the buffers that are out. */
export class CountedWriter implements FrameWriter {
  readonly #inner: FrameWriter;
  readonly #back = () => {
    this.lent -= 1;
  };
  /** Buffers borrowed and not given back. */
  lent = 0;

  constructor(inner: FrameWriter) {
    this.#inner = inner;
  }

  async loan(signal: AbortSignal): Promise<PictureBuffer> {
    const buffer = await this.#inner.loan(signal);
    this.lent += 1;
    return new CountedBuffer(buffer, this.#back);
  }

  submit(...[tick, picture, sound, meta]: Parameters<FrameWriter["submit"]>): void {
    this.#inner.submit(tick, picture instanceof CountedBuffer ? picture.inner : picture, sound, meta);
  }

  onRefused(...[listener]: Parameters<FrameWriter["onRefused"]>): Disposable {
    return this.#inner.onRefused(listener);
  }

  head(): ReturnType<FrameWriter["head"]> {
    return this.#inner.head();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#inner[Symbol.asyncDispose]());
  }
}
