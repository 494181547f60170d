import type { Expectation, StandInPolicy } from "../bus/committer.js";
import type { StandInKind, StandInReason } from "../bus/frame-meta.js";
import type { Tick } from "../time/units.js";

/** The picture that a hold would show again. */
export interface HoldablePicture {
  /** Segment that it was planned for. */
  readonly segmentId: string;
  /** Tick at which it aired as planned. */
  readonly tick: Tick;
  /** Ticks for which it has been held since. */
  readonly heldTicks: number;
}

/** All that decides what stands in for one missing tick. */
export interface MissingTick {
  readonly policy: StandInPolicy;
  /** What the plan has at the missing tick; undefined where the committer was told nothing. */
  readonly expectation: Expectation | undefined;
  /** Undefined where nothing can be held: before the first picture, and once slate or black has aired. */
  readonly last: HoldablePicture | undefined;
  /** Why ticks are missing, as supervision last said; `none` if it said nothing. */
  readonly reason: StandInReason;
}

/** What airs at a missing tick, and why. The reason is never `none`. */
export interface StandIn {
  readonly kind: StandInKind;
  readonly reason: Exclude<StandInReason, "none">;
}

/**
 * Decides one stand-in. Pure: the memory committer and the simulation call it, and the native committer mirrors it.
 *
 * - Where the plan has a pad, black is what is planned; whatever else is wrong, nothing is missing there.
 * - Else the segment's last picture is held, up to `holdTicksMax` ticks, and only inside the airing that it was shown
 *   in: same segment, and shown at or after the airing's first tick. The second condition stops a hold at the seam
 *   of a looped plan, whose segments come round under the same id.
 * - Else `policy.after`. The ladder only goes down: a caller that has aired slate or black has nothing left to hold.
 *
 * `planned` would be untrue outside a pad, and `none` anywhere: both then become `starved`, the one fact that the
 * committer itself has seen.
 */
export function standInFor(missing: MissingTick): StandIn {
  const { policy, expectation, last } = missing;
  if (expectation?.pad === true) return { kind: "black", reason: "planned" };
  const reason = missing.reason === "none" || missing.reason === "planned" ? "starved" : missing.reason;
  const holds =
    expectation !== undefined &&
    last !== undefined &&
    last.segmentId === expectation.segmentId &&
    last.tick >= expectation.firstTick &&
    last.heldTicks < policy.holdTicksMax;
  return { kind: holds ? "hold" : policy.after, reason };
}
