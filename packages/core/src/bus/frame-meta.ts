import type { Ancillary } from "../media/picture.js";
import type { Rational } from "../time/rational.js";
import type { MediaTime } from "../time/units.js";

/** What a picture is when it is not the planned one. */
export type StandInKind = "hold" | "slate" | "black";

/**
 * Why a stand-in aired. The numbers are the wire values in a slot (docs/contracts/frame-bus.md) and the words the
 * labels of `retrovue_playout_standin_frames_total`.
 */
export const standInReasons = Object.freeze({
  none: 0,
  /** The plan has nothing here: a pad segment, a gap, before its start or after its end. */
  planned: 1,
  /** The decoder opens, seeks or catches up. */
  opening: 2,
  /** The decoder is slower than the clock. */
  late: 3,
  /** The asset could not be opened. */
  openFailed: 4,
  /** The decoder failed in mid-segment. */
  decodeFailed: 5,
  /** The media ended before its segment. */
  endedEarly: 6,
  /** The decoder made no progress and was given up. */
  hung: 7,
  /** The worker died or is being replaced. */
  workerLost: 8,
  /** The worker lives but submitted nothing by the guard time. */
  starved: 9,
  /** The asset is barred because it killed a worker. */
  quarantined: 10,
  /** The plan's edit came too late to prepare. */
  lateTake: 11,
  /** The asset has no picture: slate (or black) is its picture. */
  soundOnly: 12,
} as const);

/** A word for why a stand-in aired. */
export type StandInReason = keyof typeof standInReasons;

/** What stands in a slot beside picture and sound: who aired here, and from where. */
export interface FrameMeta {
  /** Revision of the plan that this tick was taken from. */
  readonly planRevision: number;
  /** Id of the segment, 32 hexadecimal digits; all zeros where the plan has none here. */
  readonly segmentId: string;
  /** The asset's URI and title; empty for pads. */
  readonly assetUri: string;
  readonly assetTitle: string;
  /** True at the first tick of a segment. */
  readonly firstOfSegment: boolean;
  /** True where the picture is the one of the tick before, shown again because the cadence says so. */
  readonly repeat: boolean;
  /** `undefined` for the planned picture. */
  readonly standIn: StandInKind | undefined;
  /** `none` exactly where `standIn` is undefined. */
  readonly standInReason: StandInReason;
  /** True where the plan itself has no media here. */
  readonly pad: boolean;
  /** True where this tick does not continue the one before: a return from a stand-in, a splice. */
  readonly discontinuity: boolean;
  /** True where a take came after its tick. */
  readonly late: boolean;
  /** Time of the shown picture from the asset's zero; undefined for slate and black. */
  readonly mediaTime: MediaTime | undefined;
  /** The container's own timestamp and time base, for the record. */
  readonly sourcePts: bigint | undefined;
  readonly sourceTimeBase: Rational | undefined;
  /** Index of the picture in its asset where known. */
  readonly sourceIndex: number | undefined;
  /** Which configured decoder made the picture, counted from 0; undefined for stand-ins. */
  readonly decoderIndex: number | undefined;
  /** Time spent decoding and conforming this picture, nanoseconds; 0 for repeats. */
  readonly decodeNs: number;
  /**
   * Samples of this tick that are silence, or fading to or from it, because the sound that the plan has here was not
   * there; 0 where all sound is as planned (pads and assets without sound included).
   */
  readonly silentSamples: number;
  readonly ancillary: readonly Ancillary[];
}

/** The segment id of a tick that belongs to no segment. */
export const noSegmentId = "0".repeat(32);
