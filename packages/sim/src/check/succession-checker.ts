import type { FrameLease, Nanoseconds, SegmentPlace } from "@retrovue/core";
import type { Facts } from "../world/facts.js";
import { Violation } from "./violation.js";

/** Holds what each tick says of the one before it against what both show. */
export class SuccessionChecker {
  readonly #facts: Facts;
  #before: FrameLease | undefined;
  /** Repeats that were told, all of them truly. */
  repeats = 0;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** Any tick; `place` undefined where the plan has no media. */
  check(lease: FrameLease, place: SegmentPlace | undefined, now: Nanoseconds): void {
    if (lease.meta.repeat) this.repeats += 1;
    this.#checkRepeat(lease);
    if (place !== undefined) this.#checkBreak(lease, place, now);
    this.#before = lease;
  }

  #checkRepeat({ tick, meta, pictureId }: FrameLease): void {
    const before = this.#before;
    const isPlanned = meta.standIn === undefined && before?.meta.standIn === undefined;
    const isSame = isPlanned && before?.pictureId === pictureId;
    if (meta.repeat && !isSame) {
      throw new Violation("picture/repeat-told-truly", tick, "A new picture is told as a repeat.");
    }
    const isShownAgain = isSame && meta.sourceIndex === before?.meta.sourceIndex && !meta.firstOfSegment;
    if (isShownAgain && !meta.repeat) {
      throw new Violation("picture/repeat-told-truly", tick, "A repeat is not told.");
    }
  }

  /** Within an airing there is a break where what was planned returns, and nowhere else but after a disturbance. */
  #checkBreak({ tick, meta }: FrameLease, place: SegmentPlace, now: Nanoseconds): void {
    const before = this.#before?.meta;
    if (before === undefined || tick === place.first || before.segmentId !== meta.segmentId) return;
    const isReturn = meta.standIn === undefined && before.standIn !== undefined;
    if (isReturn && !meta.discontinuity) {
      throw new Violation("picture/break-told-truly", tick, "A return from a stand-in is not told.");
    }
    if (!isReturn && meta.discontinuity && !this.#facts.isUnsettled(now)) {
      throw new Violation(
        "picture/break-told-truly",
        tick,
        "A break is told where one tick follows the other.",
      );
    }
  }
}
