import type { AssetRef } from "../media/asset.js";
import type { AspectPolicy } from "../media/program-format.js";
import type { MediaTime, Nanoseconds } from "../time/units.js";

/** What a segment is for; `pad` has no asset and airs black and silence. */
export type SegmentKind = "content" | "filler" | "pad";

/** One piece of a plan: this asset, from here, for so long. Immutable. */
export interface Segment {
  /** 32 hexadecimal digits, lower case; unique in its plan. It is on every slot, event and as-run line. */
  readonly id: string;
  readonly kind: SegmentKind;
  /** Undefined exactly for pads. */
  readonly asset: AssetRef | undefined;
  /** Where in the asset the segment begins; ≥ 0. */
  readonly inPoint: MediaTime;
  /** How long it airs; > 0. Whatever the media says, the segment ends after this. */
  readonly duration: Nanoseconds;
  /** When it airs, in house time. Undefined: right after the segment before. Later than that: a gap, aired as pad. */
  readonly start: Nanoseconds | undefined;
  /** Decibels, −60 to +24; 0 leaves sound untouched. */
  readonly gainDb: number;
  /** Linear fade from black and silence over this time; 0 for none. */
  readonly fadeInNs: Nanoseconds;
  /** Linear fade to black and silence over this time, ending at the segment's end; 0 for none. */
  readonly fadeOutNs: Nanoseconds;
  /** Undefined: the channel's. */
  readonly aspect: AspectPolicy | undefined;
  /** The scheduler's own words for this segment, handed back in events and as-run; at most 16 entries. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What a channel does when its plan has run out or does not loop. */
export type PlanEnd = "pad" | "loop";

/** What should be on air: an immutable value with a revision. A change makes a new one. */
export interface Plan {
  /** ≥ 1; grows with every change of a channel's plan. Applying the same revision twice changes nothing. */
  readonly revision: number;
  /** House time of the first segment where that has no start of its own. */
  readonly start: Nanoseconds;
  /** At most 20 000. */
  readonly segments: readonly Segment[];
  /** `loop` begins again at the end of the last segment; only for plans whose segments have no own starts. */
  readonly end: PlanEnd;
}
