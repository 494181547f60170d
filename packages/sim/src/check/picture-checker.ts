import { cadenceToleranceNs, type FrameLease, fadeAlphaAt, type SegmentPlace } from "@retrovue/core";
import { readCompactMark } from "@retrovue/core/testing";
import type { Actor } from "../world/cast.js";
import type { Facts } from "../world/facts.js";
import { expectedPicture } from "./expected-picture.js";
import { Violation } from "./violation.js";

/** Holds the pixels of planned pictures against the plan. */
export class PictureChecker {
  readonly #facts: Facts;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** A tick that says it airs its planned picture. */
  check(lease: FrameLease, place: SegmentPlace, actor: Actor): void {
    const { tick, meta } = lease;
    const mark = readCompactMark(lease.picture.planes[0] ?? new Uint8Array());
    if (mark === undefined) throw new Violation("picture/readable", tick, "The picture carries no mark.");
    if (mark.asset !== actor.pattern.id) {
      throw new Violation(
        "picture/of-its-asset",
        tick,
        `Asset ${mark.asset} aired where ${actor.uri} is planned.`,
      );
    }
    if (actor.fault === "lying-times") return;
    const expected = expectedPicture(actor, place, tick, this.#facts.grid);
    if (expected === undefined) throw new Violation("picture/exists", tick, `${actor.uri} has no pictures.`);
    if (actor.fault === "endless" && expected.overtimeNs >= -cadenceToleranceNs) return;
    if (mark.frame !== expected.frame) {
      throw new Violation(
        "picture/right-frame",
        tick,
        `Frame ${mark.frame} of ${actor.uri} aired; ${expected.frame} is planned.`,
      );
    }
    if (meta.sourceIndex !== undefined && meta.sourceIndex !== mark.frame) {
      throw new Violation(
        "picture/told-truly",
        tick,
        `The slot says frame ${meta.sourceIndex}; the pixels say ${mark.frame}.`,
      );
    }
    const opacity = Math.round(fadeAlphaAt(place, tick, this.#facts.grid) * 255);
    if (mark.opacity !== opacity) {
      throw new Violation(
        "picture/faded-as-planned",
        tick,
        `Opacity ${mark.opacity} aired; ${opacity} is planned.`,
      );
    }
  }
}
