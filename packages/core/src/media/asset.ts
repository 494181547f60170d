import type { Rational } from "../time/rational.js";
import type { MediaTime } from "../time/units.js";
import type { PictureFormat } from "./picture-format.js";

/** Names an asset: a path below a media root, or a URI whose scheme the configuration allows. */
export interface AssetRef {
  /** Absolute path, `file:` URI, or another allowed URI such as `test://bars`. At most 4 096 characters. */
  readonly uri: string;
  /** What people call it; shown in logs, events and on the bus. At most 256 characters. */
  readonly title?: string;
}

/** The chosen picture stream. */
export interface PictureStream {
  /** By libav's short name, as "h264". */
  readonly codec: string;
  readonly format: PictureFormat;
  /** Frames per second that the asset claims. For people only: which picture airs is decided by times. */
  readonly nominalRate: Rational | undefined;
  /** True for one picture that is shown for as long as it is asked for (PNG, JPEG). Default false. */
  readonly still?: boolean;
}

/** The chosen sound stream. */
export interface SoundStream {
  /** By libav's short name, as "aac". */
  readonly codec: string;
  /** Samples per second and channel. */
  readonly sampleRate: number;
  readonly channels: number;
  /** libav's name of the channel layout, as "stereo" or "5.1(side)". */
  readonly layout: string;
  /** BCP 47 or ISO 639 tag, where the asset has one. At most 64 characters. */
  readonly language: string | undefined;
}

/** What a decoder knows of an asset once it is open. */
export interface AssetInfo {
  readonly uri: string;
  /** Container, by libav's short name. */
  readonly container: string;
  /** From zero to the end of the last shown picture (else sound); undefined if not known without reading on. */
  readonly duration: MediaTime | undefined;
  /** Undefined for sound-only assets. Cover art is not a picture stream. */
  readonly picture: PictureStream | undefined;
  /** Undefined for assets without sound. */
  readonly sound: SoundStream | undefined;
}
