import type { DecoderChangeReason, DecoderName } from "../decoder/decoder-change.js";
import type { PlayoutError } from "../errors/playout-error.js";
import type { SegmentPlace } from "../plan/place.js";
import type { Tick } from "../time/units.js";
import type { PreparationTold } from "./preparation.js";
import type { SourceFailure } from "./source.js";

/** What a channel tells, once per episode and never per frame. Stand-ins are told by the committer, who sees them all. */
export type ChannelEvent =
  /** The worker handed over its first tick. */
  | { readonly type: "worker-began"; readonly tick: Tick }
  /**
   * A segment is on air from this tick on: its first one, or a later one where it was joined late. Told once for each airing.
   * `ready`: with what the plan has, not with a stand-in.
   */
  | {
      readonly type: "segment-began";
      readonly tick: Tick;
      readonly place: SegmentPlace;
      readonly ready: boolean;
    }
  | PreparationTold
  | { readonly type: "source-failed"; readonly tick: Tick; readonly failure: SourceFailure }
  /**
   * Another decoder plays an asset than the one that would have (refused, declined, barred), or the one that was at work (failed, hung,
   * slow). `tick`: the next one, or the first of the segment that it is prepared for.
   */
  | {
      readonly type: "decoder-changed";
      readonly tick: Tick;
      readonly uri: string;
      readonly segmentId: string;
      readonly from: DecoderName;
      readonly to: DecoderName;
      readonly reason: DecoderChangeReason;
      readonly wasAtWork: boolean;
      readonly error: PlayoutError;
    }
  /** From this tick on pictures are this decoder's; undefined: they are nobody's. */
  | { readonly type: "decoder-on-air"; readonly tick: Tick; readonly decoderIndex: number | undefined }
  /** A late decoder was sought ahead. */
  | { readonly type: "corrected"; readonly tick: Tick; readonly uri: string }
  /** A decoder (or the conformer, with its pictures) does not come to an end: only that of the process frees what it holds. */
  | { readonly type: "decoder-stuck"; readonly uri: string; readonly decoderIndex: number }
  /** Ticks whose time had passed before they could be submitted; the committer stood in for them. */
  | { readonly type: "ticks-skipped"; readonly from: Tick; readonly ticks: number };
