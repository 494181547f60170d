import {
  type AspectPolicy,
  cadenceToleranceNs,
  type FrameLease,
  fadeAlphaAt,
  type SegmentPlace,
} from "@retrovue/core";
import { readCompactMark } from "@retrovue/core/testing";
import type { Actor } from "../world/cast.js";
import type { Facts } from "../world/facts.js";
import { readNote } from "../world/noting-conformer.js";
import { type ExpectedPicture, ExpectedPictures } from "./expected-picture.js";
import { Violation } from "./violation.js";

/** Holds the pixels of planned pictures against the plan. */
export class PictureChecker {
  readonly #facts: Facts;
  readonly #aspect: AspectPolicy;
  readonly #expected: ExpectedPictures;

  /** @param aspect the program's aspect policy */
  constructor(facts: Facts, aspect: AspectPolicy) {
    this.#facts = facts;
    this.#aspect = aspect;
    this.#expected = new ExpectedPictures(facts.grid);
  }

  /** A tick that says it airs its planned picture. */
  check(lease: FrameLease, place: SegmentPlace, actor: Actor): void {
    const { tick, meta } = lease;
    if (actor.pattern.pictures === undefined)
      throw new Violation("picture/exists", tick, `${actor.uri} has no pictures.`);
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
    const expected = this.#expected.at(actor, place, tick);
    if (expected === undefined) return;
    if (actor.fault === "endless" && expected.overtimeNs >= -cadenceToleranceNs) return;
    const isProgressive = actor.pattern.pictures.fieldOrder === "progressive";
    // The two rows of an interlaced picture carry its fields' numbers, 2n and 2n + 1.
    const frame = isProgressive ? mark.frame : mark.frame >> 1;
    if (frame !== expected.frame) {
      throw new Violation(
        "picture/right-frame",
        tick,
        `Frame ${frame} of ${actor.uri} aired; ${expected.frame} is planned.`,
      );
    }
    if (meta.sourceIndex !== undefined && meta.sourceIndex !== frame) {
      throw new Violation(
        "picture/told-truly",
        tick,
        `The slot says frame ${meta.sourceIndex}; the pixels say ${frame}.`,
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
    this.#checkTreatment(lease, place, expected);
  }

  /** What was conformed says how; what fits the program may have come straight from its decoder. */
  #checkTreatment(lease: FrameLease, place: SegmentPlace, expected: ExpectedPicture): void {
    const note = readNote(lease.picture.planes);
    const { tick } = lease;
    const aspect = place.segment.aspect ?? this.#aspect;
    if (note !== undefined && note.aspect !== aspect) {
      throw new Violation("picture/aspect-as-planned", tick, `${note.aspect} aired; ${aspect} is planned.`);
    }
    const field = note?.field ?? "both";
    if (field !== expected.field) {
      throw new Violation("picture/right-field", tick, `Field ${field} aired; ${expected.field} is planned.`);
    }
  }
}
