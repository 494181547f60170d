import type { PictureBuffer } from "../bus/frame-bus.js";
import type { PictureTreatment } from "../conform/conformer.js";
import { invariant } from "../errors/invariant.js";
import type { PictureFrame } from "../media/picture.js";

/**
 * A picture in its loaned buffer, conformed or decoded there, held by all who may still air it: the session that made it, for repeats, and
 * the ladder, for holds. The buffer goes back to the bus when the last holder lets go.
 */
export class SharedPicture {
  readonly buffer: PictureBuffer;
  /** The decoder's picture it was made from; its description stays valid after the frame's own release. */
  readonly from: PictureFrame;
  readonly how: PictureTreatment;
  readonly decoderIndex: number;
  /** What it took: reading it from the decoder and conforming it, without the time that it lay between the two; nanoseconds. */
  readonly decodeNs: number;
  #holders = 1;

  constructor(
    buffer: PictureBuffer,
    from: PictureFrame,
    how: PictureTreatment,
    decoderIndex: number,
    decodeNs: number,
  ) {
    this.buffer = buffer;
    this.from = from;
    this.how = how;
    this.decoderIndex = decoderIndex;
    this.decodeNs = decodeNs;
  }

  /** Adds a holder. */
  hold(): this {
    invariant(this.#holders > 0, "a picture that was given back is not held again");
    this.#holders += 1;
    return this;
  }

  /** Takes a holder away. */
  release(): void {
    invariant(this.#holders > 0, "each holder lets go once");
    this.#holders -= 1;
    if (this.#holders === 0) this.buffer.release();
  }
}
