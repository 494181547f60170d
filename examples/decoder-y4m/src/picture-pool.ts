import {
  type PictureFormat,
  type PicturePlanes,
  PlayoutError,
  planesOf,
  rowBytes,
  rowsOf,
} from "@retrovue/core";

/** Memory of one picture: the bytes as they lie in the file, and views on its planes. */
export interface PictureSlot extends PicturePlanes {
  readonly bytes: Uint8Array;
}

/** A fixed number of pictures. One taker may wait for the next that comes back. */
export class PicturePool {
  readonly #free: PictureSlot[];
  #waiting: ((slot: PictureSlot) => void) | undefined;

  constructor(format: PictureFormat, size: number) {
    this.#free = Array.from({ length: size }, () => makeSlot(format));
  }

  /** The next free slot; waits for one, and rejects when the signal aborts. */
  take(signal: AbortSignal): Promise<PictureSlot> {
    const slot = this.#free.pop();
    if (slot) return Promise.resolve(slot);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting = undefined;
        reject(PlayoutError.from(signal.reason, "Cancelled"));
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting = (free) => {
        signal.removeEventListener("abort", onAbort);
        resolve(free);
      };
    });
  }

  giveBack(slot: PictureSlot): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(slot);
    else this.#free.push(slot);
  }
}

function makeSlot(format: PictureFormat): PictureSlot {
  const layouts = planesOf(format.pixelFormat);
  const strides = layouts.map((layout) => rowBytes(layout, format.width));
  const sizes = layouts.map((layout, i) => (strides[i] ?? 0) * rowsOf(layout, format.height));
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  const planes = sizes.map((size) => {
    const plane = bytes.subarray(at, at + size);
    at += size;
    return plane;
  });
  return { bytes, planes, strides };
}
