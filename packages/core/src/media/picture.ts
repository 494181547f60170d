import type { PictureBuffer } from "../bus/frame-bus.js";
import type { Rational } from "../time/rational.js";
import type { MediaTime } from "../time/units.js";
import type { PictureFormat } from "./picture-format.js";

/** Pixel memory as planes. The memory is native (or shared): JavaScript passes it on and never walks it. */
export interface PicturePlanes {
  /** First byte of row 0 of each plane, in the order of the pixel format. */
  readonly planes: readonly Uint8Array[];
  /** Bytes from one row to the next of each plane. May exceed the row's own bytes; never negative. */
  readonly strides: readonly number[];
}

/**
 * A decoded picture in its asset's own format.
 *
 * Owned by the decoder's fixed pool and lent to the caller until `release()`. A decoder may have no more
 * pictures until some are released, so hold few and release each exactly once; a second `release()` is quiet.
 */
export interface PictureFrame extends PicturePlanes {
  readonly format: PictureFormat;
  /** When it is shown, from the asset's zero. */
  readonly time: MediaTime;
  /** How long it is shown, where the asset says; a decoder never makes one up. */
  readonly duration: MediaTime | undefined;
  /** The container's own timestamp and its time base, for the record only. */
  readonly sourcePts: bigint | undefined;
  readonly sourceTimeBase: Rational | undefined;
  /** Index in presentation order where the decoder knows it, else undefined. */
  readonly sourceIndex: number | undefined;
  /** True if the decoder hid damage in this picture. */
  readonly concealed: boolean;
  /** True if the picture already lies in `into` of the read request, in the program format. */
  readonly inPlace: boolean;
  /**
   * There exactly where the picture lies in a buffer that the decoder had from `OpenOptions.supply`: gives a hold on it of
   * the caller's own, to be submitted and released like any loan, whatever becomes of the frame and its decoder. To be
   * called before the frame's `release()`.
   */
  readonly holdBuffer?: () => PictureBuffer;
  /** Ancillary records (captions and the like) that belong to this picture. */
  readonly ancillary: readonly Ancillary[];
  /** Gives the memory back to the decoder. */
  release(): void;
}

/** One ancillary record: CEA-608/708, AFD, timecode. */
export interface Ancillary {
  /** What `bytes` are; numbers as in `docs/contracts/frame-bus.md`. */
  readonly kind: "cea608" | "cea708" | "afd" | "timecode";
  readonly bytes: Uint8Array;
}

/**
 * The end of an asset: no more pictures, or no more sound. A value, not an error, and it is sticky. The same in every copy
 * of this package within a process: a plugin may bring its own.
 */
export const endOfMedia: unique symbol = Symbol.for("@retrovue/core/EndOfMedia");

/** The type of `endOfMedia`. */
export type EndOfMedia = typeof endOfMedia;
