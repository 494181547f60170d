import type { PictureBuffer } from "../bus/frame-bus.js";
import type { PictureFormat } from "../media/picture-format.js";

/** How every buffer of a bus lies. */
export interface BufferLayout extends Pick<PictureFormat, "width" | "height" | "pixelFormat"> {
  /** Bytes from one row to the next of each plane. */
  readonly strides: readonly number[];
  /** Rows of each plane that may be stored to. */
  readonly roomRows: readonly number[];
}

/**
 * **Lends a decoder bus buffers to decode straight into,** so that pictures which are in the program format already are never
 * copied. `ReadPictureOptions.into` cannot do this for a decoder that works ahead: the picture it gives was decoded before
 * the read began, and its codec goes on referring to it.
 *
 * *Ownership.* A buffer belongs to the decoder until it releases it, once: when neither its codec refers to the buffer nor any
 * frame in it is on loan. Before the first frame in it was given out it may be stored to; from then on never again, since the
 * bus may show it. All are released by the end of disposal, but for those whose frames the caller still holds: these
 * go with the frame. Buffers must not outlive the bus's writer: dispose decoders first.
 *
 * *Concurrency.* Called on the thread that calls the decoder. One supply may serve several decoders.
 *
 * *"Not yet" and "end".* `loan` never waits: with no buffer at hand a decoder decodes into its own memory, in which its frames
 * then lie, and asks again for later ones.
 */
export interface PictureSupply {
  /** The same for all its buffers, for ever; undefined while no buffer has been seen yet. */
  readonly layout: BufferLayout | undefined;
  /** True where pictures of this format can air as they are: only then is a buffer worth its use. */
  fits(format: PictureFormat): boolean;
  /** A buffer to decode into, with `share`; undefined where none is at hand. */
  loan(): PictureBuffer | undefined;
}
