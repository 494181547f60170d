import type { PicturePlanes } from "@retrovue/core";
import type { PictureLayout } from "./wire/format-codec.js";

/** Views of one picture's planes in mapped memory, where the format has them or at a cropped frame's own offsets. */
export function planesAt(
  memory: ArrayBuffer,
  picture: number,
  layout: PictureLayout,
  offsets: readonly number[] = layout.offsets,
): PicturePlanes {
  const base = picture * layout.pictureBytes;
  const planes = offsets.map((offset, p) => {
    // A cropped plane's last row may be shorter than its stride; it never leaves its picture.
    const bytes = Math.min(layout.planeBytes[p] ?? 0, layout.pictureBytes - offset);
    return new Uint8Array(memory, base + offset, bytes);
  });
  return { planes, strides: layout.strides };
}

/** Views of the pool's pictures, made once each. */
export class PictureViews {
  readonly #made: (PicturePlanes | undefined)[] = [];

  constructor(
    private readonly memory: ArrayBuffer,
    private readonly layout: PictureLayout,
  ) {}

  of(picture: number): PicturePlanes {
    const made = this.#made[picture] ?? planesAt(this.memory, picture, this.layout);
    this.#made[picture] = made;
    return made;
  }
}
