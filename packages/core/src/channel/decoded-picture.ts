import type { PictureBuffer } from "../bus/frame-bus.js";
import type { PictureTreatment } from "../conform/conformer.js";
import type { PictureFrame } from "../media/picture.js";
import { SharedPicture } from "./shared-picture.js";

/** A picture as its decoder gave it: in the decoder's own memory, or already in a buffer of the bus. */
export class DecodedPicture {
  readonly frame: PictureFrame;
  /** The picture as it can air untouched; undefined where it has to be conformed first. */
  readonly placed: SharedPicture | undefined;
  /** From asking the decoder for it to having it, nanoseconds. */
  readonly readNs: number;

  /** @param buffer where the frame lies, if it does not lie in the decoder's memory; owned from now on */
  constructor(
    frame: PictureFrame,
    buffer: PictureBuffer | undefined,
    how: PictureTreatment,
    decoderIndex: number,
    readNs: number,
  ) {
    this.frame = frame;
    this.placed = buffer && new SharedPicture(buffer, frame, how, decoderIndex, readNs);
    this.readNs = readNs;
  }

  /** The frame as a conformer is to see it, who would leave alone what claims to lie in its place. */
  get source(): PictureFrame {
    return this.frame.inPlace ? elsewhere(this.frame) : this.frame;
  }

  /** Gives back the frame, and the buffer unless the bus or a ladder still shows it. */
  release(): void {
    this.frame.release();
    this.placed?.release();
  }
}

/** The same picture without the claim. Copied field by field: a decoder's own class may not be inherited from. */
const elsewhere = (frame: PictureFrame): PictureFrame => ({
  planes: frame.planes,
  strides: frame.strides,
  format: frame.format,
  time: frame.time,
  duration: frame.duration,
  sourcePts: frame.sourcePts,
  sourceTimeBase: frame.sourceTimeBase,
  sourceIndex: frame.sourceIndex,
  concealed: frame.concealed,
  inPlace: false,
  ancillary: frame.ancillary,
  release: () => {},
});
