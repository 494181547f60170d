import type { FrameWriter, PictureBuffer } from "@retrovue/core";

/** A buffer that goes back only when it is not shown any more. */
class KeptBuffer implements PictureBuffer {
  #isKept = false;
  #isReleased = false;

  constructor(readonly inner: PictureBuffer) {}

  get index(): number {
    return this.inner.index;
  }

  get planes(): readonly Uint8Array[] {
    return this.inner.planes;
  }

  get strides(): readonly number[] {
    return this.inner.strides;
  }

  keep(isKept: boolean): void {
    this.#isKept = isKept;
    this.#settle();
  }

  release(): void {
    this.#isReleased = true;
    this.#settle();
  }

  #settle(): void {
    if (this.#isReleased && !this.#isKept) this.inner.release();
  }
}

/** A lane that holds the last picture over whatever has none, boundaries or not. */
export function keepingWriter(writer: FrameWriter): FrameWriter {
  let last: KeptBuffer | undefined;
  return {
    loan: async (signal) => new KeptBuffer(await writer.loan(signal)),
    submit: (tick, picture, sound, meta) => {
      if (picture instanceof KeptBuffer) {
        if (last !== picture) last?.keep(false);
        last = picture;
        last.keep(true);
        writer.submit(tick, picture.inner, sound, meta);
      } else if (last !== undefined && meta.standIn !== undefined && !meta.pad && meta.firstOfSegment) {
        writer.submit(tick, last.inner, sound, { ...meta, standIn: "hold" });
      } else {
        writer.submit(tick, picture, sound, meta);
      }
    },
    onRefused: (listener) => writer.onRefused(listener),
    head: () => writer.head(),
    [Symbol.asyncDispose]: () => {
      last?.keep(false);
      return Promise.resolve(writer[Symbol.asyncDispose]());
    },
  };
}
