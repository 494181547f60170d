import type { Tick } from "../time/units.js";
import type { Segment } from "./plan.js";

/** Where the plan is at a tick. */
export type Place = SegmentPlace | VoidPlace;

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
}

/** Where the plan has nothing: black and silence are what is planned. */
export interface VoidPlace {
  readonly in: "before" | "gap" | "after";
  /** The first tick of the void; 0 for `before`. */
  readonly first: Tick;
  /** The first tick after the void; `Number.MAX_SAFE_INTEGER` where it never ends. */
  readonly end: Tick;
}
