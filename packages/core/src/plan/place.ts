import type { MediaTime, Tick } from "../time/units.js";
import type { Segment } from "./plan.js";

/** Where the plan is at a tick. */
export type Place = SegmentPlace | VoidPlace;

/**
 * Where a run of media begins: at tick `first` it is at `inPoint`. A segment that goes on with the same asset at exactly
 * the out-point of the one right before it (`inPoint = before.inPoint + before.duration`, no gap between) is part of
 * the same run and has the anchor of the run's first segment, so that picture and sound go on to the sample although
 * boundaries lie on ticks. A loop's first segment always begins a run. Pure, so a join in mid-run finds the same.
 */
export interface Anchor {
  readonly first: Tick;
  readonly inPoint: MediaTime;
}

/** Inside a segment. */
export interface SegmentPlace {
  readonly in: "segment";
  readonly segment: Segment;
  /** Index in the plan's list. */
  readonly index: number;
  /** How often the plan had been through before; 0 where it does not loop. */
  readonly round: number;
  /** The segment's first tick (this airing's), and the first tick after it. */
  readonly first: Tick;
  readonly end: Tick;
  /** Media time at tick n is `anchor.inPoint` plus the length of `n − anchor.first` ticks. */
  readonly anchor: Anchor;
}

/** Where the plan has nothing: black and silence are what is planned. */
export interface VoidPlace {
  readonly in: "before" | "gap" | "after";
  /** The first tick of the void; 0 for `before`. */
  readonly first: Tick;
  /** The first tick after the void; `Number.MAX_SAFE_INTEGER` where it never ends. */
  readonly end: Tick;
}
