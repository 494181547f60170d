import type { FrameLease, Nanoseconds, SegmentPlace, StandInReason, Tick } from "@retrovue/core";
import type { Actor, FaultName } from "../world/cast.js";
import type { Facts } from "../world/facts.js";
import { expectedPicture } from "./expected-picture.js";
import { Violation } from "./violation.js";

/** Bounds that a channel promises. */
export interface StandInBounds {
  readonly holdTicksMax: number;
  readonly shortHoldTicksMax: number;
}

/** Reasons that a disturbance from outside may truly give. */
const disturbedReasons: ReadonlySet<StandInReason> = new Set([
  "workerLost",
  "starved",
  "opening",
  "late",
  "lateTake",
]);

/**
 * Within how long a passing fault must be over, from the first stand-in to the right picture: what finds it (a hang: 2 s), what
 * the quick retries wait (1 s after the first failure, 2 more after the second), and the lead that was given away.
 */
const recoveryMs: Partial<Record<FaultName, number>> = {
  "read-rejected": 2_000,
  "sound-rejected": 2_000,
  "read-stuck": 4_200,
  "seek-rejected": 4_500,
};

/** Holds each stand-in against what is true: that there was cause, that the reason is the cause, that the ladder was kept. */
export class StandInChecker {
  readonly #facts: Facts;
  readonly #bounds: StandInBounds;
  /** The last planned picture of this airing; undefined once slate or black has aired, or across a seam. */
  #holdable: { readonly key: string; readonly pictureId: string; held: number } | undefined;
  #episode: { readonly from: Tick; readonly uri: string } | undefined;

  constructor(facts: Facts, bounds: StandInBounds) {
    this.#facts = facts;
    this.#bounds = bounds;
  }

  /** The plan's own picture aired. */
  planned(lease: FrameLease, place: SegmentPlace): void {
    this.#holdable = { key: airing(place), pictureId: lease.pictureId, held: 0 };
    this.#episode = undefined;
  }

  /** The plan has nothing here. */
  pad(lease: FrameLease): void {
    const { meta, tick } = lease;
    this.#holdable = undefined;
    this.#episode = undefined;
    if (meta.standIn !== "black" || meta.standInReason !== "planned" || !meta.pad) {
      throw new Violation(
        "pad/black-as-planned",
        tick,
        `${meta.standIn ?? "a picture"} aired because ${meta.standInReason}.`,
      );
    }
  }

  /** Something stood in for the plan's picture. */
  check(lease: FrameLease, place: SegmentPlace, actor: Actor, now: Nanoseconds): void {
    this.#checkReason(lease, place, actor, now);
    this.#checkLadder(lease, place);
    this.#checkRecovery(lease, actor, now);
  }

  #checkReason(lease: FrameLease, place: SegmentPlace, actor: Actor, now: Nanoseconds): void {
    const { tick, meta } = lease;
    const reason = meta.standInReason;
    if (reason === "endedEarly") {
      const expected = expectedPicture(actor, place, tick, this.#facts.grid);
      // A rounding of the last timestamp may end media a hair early.
      if (
        actor.fault === "short" ||
        actor.fault === "lying-times" ||
        (expected?.overtimeNs ?? 0n) >= -3_000_000n
      )
        return;
      throw new Violation("stand-in/true-reason", tick, `${actor.uri} has not ended here.`);
    }
    if (reason === "soundOnly") {
      if (actor.pattern.pictures === undefined) return;
      throw new Violation("stand-in/true-reason", tick, `${actor.uri} does have pictures.`);
    }
    if (reason === "quarantined" && !this.#facts.killers.has(actor.uri)) {
      throw new Violation("stand-in/true-reason", tick, `${actor.uri} never killed a worker.`);
    }
    if (actor.reasons.includes(reason)) return;
    // What opens slowly is taken late when an edit brought it.
    if (reason === "lateTake" && actor.reasons.includes("opening")) return;
    const disturbance = this.#facts.disturbanceAt(now);
    if (disturbance !== undefined && disturbedReasons.has(reason)) return;
    const cause = disturbance?.what ?? (actor.fault === "none" ? "nothing" : actor.fault);
    throw new Violation(
      "stand-in/true-reason",
      tick,
      `${meta.standIn} because ${reason} for ${actor.uri}; wrong is ${cause}.`,
    );
  }

  #checkLadder(lease: FrameLease, place: SegmentPlace): void {
    const { tick, meta } = lease;
    if (meta.standIn !== "hold") {
      this.#holdable = undefined;
      return;
    }
    const holdable = this.#holdable;
    if (holdable === undefined || holdable.key !== airing(place) || holdable.pictureId !== lease.pictureId) {
      throw new Violation(
        "stand-in/hold-stays-in-its-airing",
        tick,
        "A picture is held that this airing did not show last.",
      );
    }
    holdable.held += 1;
    const max =
      meta.standInReason === "endedEarly" ? this.#bounds.shortHoldTicksMax : this.#bounds.holdTicksMax;
    if (holdable.held > max) {
      throw new Violation(
        "stand-in/hold-is-bounded",
        tick,
        `Held for ${holdable.held} ticks; ${max} is the bound.`,
      );
    }
  }

  #checkRecovery(lease: FrameLease, actor: Actor, now: Nanoseconds): void {
    const { tick, meta } = lease;
    if (meta.standInReason === "endedEarly" || this.#facts.disturbanceAt(now) !== undefined) {
      this.#episode = undefined;
      return;
    }
    if (this.#episode?.uri !== actor.uri) this.#episode = { from: tick, uri: actor.uri };
    const ms = recoveryMs[actor.fault];
    if (ms === undefined || !actor.isTransient || meta.standInReason === "soundOnly") return;
    const lasted = this.#facts.grid.length(tick - this.#episode.from);
    if (lasted > BigInt(ms) * 1_000_000n) {
      throw new Violation(
        "stand-in/back-in-time",
        tick,
        `${actor.fault} of ${actor.uri} is over, but not on air for ${lasted / 1_000_000n} ms.`,
      );
    }
  }
}

const airing = (place: SegmentPlace): string => `${place.segment.id} ${place.first}`;
