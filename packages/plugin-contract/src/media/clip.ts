import type { PatternAsset } from "@retrovue/core/testing";

/** What is true of a clip; everything a suite asserts comes from here, never from another decoder. */
export interface ClipTruth {
  /** The pictures and sound that were written, with the numbers they carry. */
  readonly pattern: PatternAsset;
  /** How far a picture's time may be from the pattern's: containers round. Nanoseconds. */
  readonly timeSlackNs: bigint;
  /** How far a sample may be from its place: 0 where the path is exact, 1 after lossy coding or resampling. */
  readonly sampleSlack: number;
  /** Samples that the clip may have more or fewer than the pattern at its end: coders pad their last frame. */
  readonly tailSamples: number;
  /** True where the decoded bytes are the written ones. */
  readonly lossless: boolean;
}

/** A clip that a decoder may open. */
export interface Clip {
  /** As given in `media`, "y4m" or "mp4-h264-aac". */
  readonly name: string;
  readonly uri: string;
  /** Where it lies; undefined for clips that are no files. */
  readonly path: string | undefined;
  /** An address of the same kind at which there is nothing. Default: a file that does not exist. */
  readonly missingUri?: string;
  readonly truth: ClipTruth;
}

/** Why a clip cannot be made here: shown where its tests are skipped. */
export interface NoClip {
  readonly unavailable: string;
}

/**
 * Makes one kind of clip. Third parties pass sources of their own for formats that this package does not write:
 * render a `PatternAsset` with `pictureBytes` and `soundBytes` and say what is true of the result.
 */
export interface ClipSource {
  readonly name: string;
  /** Makes the clip, or finds it in the cache. */
  make(signal: AbortSignal): Promise<Clip | NoClip>;
}

/** Narrows what a source made. */
export const isClip = (made: Clip | NoClip): made is Clip => "truth" in made;
