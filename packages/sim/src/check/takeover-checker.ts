import type { FrameLease, Nanoseconds, SegmentPlace } from "@retrovue/core";
import type { Actor, FaultName } from "../world/cast.js";
import type { Facts } from "../world/facts.js";
import { Violation } from "./violation.js";

/** What a decoder does in mid-segment that the next one, which opens in no time here, makes good before its tick is due. */
const madeGood: ReadonlySet<FaultName> = new Set(["read-rejected", "read-stuck"]);

/** A tick of the supervisor's and of the channel's own. */
const slackNs = 150_000_000n;

/** Checks that a decoder which fails or hangs while the lead is there costs nothing where another one plays the asset. */
export class TakeoverChecker {
  readonly #facts: Facts;
  readonly #leadNsTarget: bigint;
  /** The airing whose own picture was the tick before, where that came with all of the lead. */
  #before: { readonly airing: string; readonly workersLost: number } | undefined;

  constructor(facts: Facts, leadNsTarget: bigint) {
    this.#facts = facts;
    this.#leadNsTarget = leadNsTarget;
  }

  /** The plan's own picture aired. */
  planned(lease: FrameLease, place: SegmentPlace, now: Nanoseconds): void {
    const isFull = lease.time - now >= this.#leadNsTarget - slackNs && !this.#facts.isUnsettled(now);
    const { workersLost } = this.#facts;
    this.#before = isFull ? { airing: airingOf(place), workersLost } : undefined;
  }

  /** Nothing aired that a decoder could have failed in. */
  other(): void {
    this.#before = undefined;
  }

  /** Something stood in for the plan's picture. */
  standIn(lease: FrameLease, place: SegmentPlace, actor: Actor, now: Nanoseconds): void {
    const before = this.#before;
    this.#before = undefined;
    // That media is over before its segment is no decoder's doing; whether it is, another rule asks.
    if (lease.meta.standInReason === "endedEarly") return;
    const isTakenOver = actor.hasFallback && madeGood.has(actor.fault);
    if (!isTakenOver || before?.airing !== airingOf(place)) return;
    if (before.workersLost !== this.#facts.workersLost || this.#facts.isUnsettled(now)) return;
    throw new Violation(
      "takeover/costs-no-tick",
      lease.tick,
      `${lease.meta.standIn} because ${lease.meta.standInReason}, with all of the lead, where another decoder plays ${actor.uri}.`,
    );
  }
}

const airingOf = (place: SegmentPlace): string => `${place.segment.id} ${place.first}`;
