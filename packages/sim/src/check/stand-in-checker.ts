import type { FrameLease, Nanoseconds, SegmentPlace, StandInReason } from "@retrovue/core";
import type { Actor } from "../world/cast.js";
import { type Facts, pendingTicksMax } from "../world/facts.js";
import { Episode } from "./episode.js";
import { ExpectedPictures } from "./expected-picture.js";
import { promisedNs } from "./recovery.js";
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

/** The last planned picture of an airing. */
interface Holdable {
  readonly key: string;
  readonly workersLost: number;
  pictureId: string;
  held: number;
  slack: number;
}

/** Holds each stand-in against what is true: that there was cause, that the reason is the cause, that the ladder was kept. */
export class StandInChecker {
  readonly #facts: Facts;
  readonly #bounds: StandInBounds;
  /** The last planned picture of this airing; undefined once slate or black has aired, or across a seam. */
  #holdable: Holdable | undefined;
  readonly #episode = new Episode();
  readonly #expected: ExpectedPictures;

  constructor(facts: Facts, bounds: StandInBounds) {
    this.#facts = facts;
    this.#bounds = bounds;
    this.#expected = new ExpectedPictures(facts.grid);
  }

  /** The plan's own picture aired. */
  planned(lease: FrameLease, place: SegmentPlace): void {
    const { workersLost } = this.#facts;
    this.#holdable = { key: airing(place), workersLost, pictureId: lease.pictureId, held: 0, slack: 0 };
    this.#episode.end();
  }

  /** The plan has nothing here. */
  pad(lease: FrameLease): void {
    const { meta, tick } = lease;
    this.#holdable = undefined;
    this.#episode.end();
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
    this.#checkLate(lease, place);
    this.#checkLadder(lease, place, now);
    this.#checkRecovery(lease, place, actor, now);
  }

  #checkReason(lease: FrameLease, place: SegmentPlace, actor: Actor, now: Nanoseconds): void {
    const { tick, meta } = lease;
    const reason = meta.standInReason;
    if (meta.pad || reason === "planned") {
      throw new Violation("pad/only-where-planned", tick, `Black aired as planned instead of ${actor.uri}.`);
    }
    if (reason === "endedEarly") {
      const expected = this.#expected.at(actor, place, tick);
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
    if (reason === "quarantined" && this.#facts.barredSince(actor.uri) === undefined) {
      throw new Violation("stand-in/true-reason", tick, `${actor.uri} never killed a worker.`);
    }
    if (actor.reasons.includes(reason)) return;
    // What opens slowly is taken late when an edit brought it.
    if (reason === "lateTake" && actor.reasons.includes("opening")) return;
    if (reason === "hung" && actor.reasons.includes("late") && this.#facts.mayLookHung(now)) return;
    if (reason === "workerLost" && this.#facts.isHeldForLoss(now)) return;
    const disturbance = this.#facts.disturbanceAt(now);
    if (disturbance !== undefined && disturbedReasons.has(reason)) return;
    const cause = disturbance?.what ?? (actor.fault === "none" ? "nothing" : actor.fault);
    throw new Violation(
      "stand-in/true-reason",
      tick,
      `${meta.standIn} because ${reason} for ${actor.uri}; wrong is ${cause}.`,
    );
  }

  /** What was taken too late is told so, on every tick that it costs. */
  #checkLate(lease: FrameLease, place: SegmentPlace): void {
    const { tick, meta } = lease;
    if (meta.late !== (meta.standInReason === "lateTake")) {
      throw new Violation("take/late-is-reported", tick, `late is ${meta.late} for ${meta.standInReason}.`);
    }
    const isLate = tick === place.first && this.#facts.isLateTake(place.segment.id);
    if (isLate && meta.standInReason === "opening") {
      throw new Violation(
        "take/late-is-reported",
        tick,
        "A take at the next tick is told as any other opening.",
      );
    }
  }

  #checkLadder(lease: FrameLease, place: SegmentPlace, now: Nanoseconds): void {
    const { tick, meta } = lease;
    const holdable = this.#holdable;
    const { holdTicksMax, shortHoldTicksMax } = this.#bounds;
    const bound = meta.standInReason === "endedEarly" ? shortHoldTicksMax : holdTicksMax;
    if (meta.standIn !== "hold") {
      this.#holdable = undefined;
      // A worker that takes over leaves the hold to the committer, who still has the picture.
      if (holdable?.key !== airing(place) || holdable.held >= bound || this.#facts.isUnsettled(now)) return;
      throw new Violation(
        "stand-in/hold-before-slate",
        tick,
        `The ${meta.standIn} aired because ${meta.standInReason}; the picture before it was held for ${holdable.held} ticks of ${bound}.`,
      );
    }
    // A picture that was handed over just too late, as after a leap of time, counts as shown.
    const isDisturbed = this.#facts.disturbanceAt(now) !== undefined;
    const isShown = holdable?.pictureId === lease.pictureId || isDisturbed;
    if (holdable === undefined || holdable.key !== airing(place) || !isShown) {
      throw new Violation(
        "stand-in/hold-stays-in-its-airing",
        tick,
        "A picture is held that this airing did not show last.",
      );
    }
    holdable.pictureId = lease.pictureId;
    holdable.held += 1;
    // Ticks handed over just too late are not counted by who holds.
    if (isDisturbed) holdable.slack = pendingTicksMax;
    const max = bound + holdable.slack;
    if (holdable.held > max) {
      throw new Violation(
        "stand-in/hold-is-bounded",
        tick,
        `Held for ${holdable.held} ticks; ${max} is the bound.`,
      );
    }
  }

  #checkRecovery(lease: FrameLease, place: SegmentPlace, actor: Actor, now: Nanoseconds): void {
    const { tick, meta } = lease;
    const isPlanned = meta.standInReason === "endedEarly" || meta.standInReason === "soundOnly";
    if (isPlanned) {
      this.#episode.end();
      return;
    }
    const key = `${actor.uri} ${place.anchor.first} ${this.#facts.workersLost}`;
    const isDisturbed = this.#facts.disturbanceAt(now) !== undefined;
    const lasted = this.#facts.grid.length(this.#episode.ticks(key, tick, isDisturbed));
    const promised = promisedNs(actor);
    if (promised !== undefined && lasted > promised) {
      throw new Violation(
        "stand-in/back-in-time",
        tick,
        `${actor.fault} of ${actor.uri} keeps it off air for ${lasted / 1_000_000n} ms; promised are ${promised / 1_000_000n}.`,
      );
    }
  }
}

const airing = (place: SegmentPlace): string => `${place.segment.id} ${place.first}`;
