import type { ChannelState, FrameLease, Nanoseconds, SegmentPlace } from "@retrovue/core";
import type { Actor } from "../world/cast.js";
import type { Facts } from "../world/facts.js";
import { Violation } from "./violation.js";

/** Good ticks after which the lead must be full again. */
const refilledAfterNs = 1_000_000_000n;

/** A look of the supervisor and a tick. */
const slackNs = 150_000_000n;

/** Checks that a lead which trouble has eaten is filled again, and that the channel says so. */
export class LeadChecker {
  readonly #facts: Facts;
  readonly #leadNsTarget: bigint;
  readonly #state: () => ChannelState;
  #goodFrom: Nanoseconds | undefined;

  constructor(facts: Facts, leadNsTarget: bigint, state: () => ChannelState) {
    this.#facts = facts;
    this.#leadNsTarget = leadNsTarget;
    this.#state = state;
  }

  /** Something is wrong, or stood in for. */
  trouble(): void {
    this.#goodFrom = undefined;
  }

  /** A tick of an asset that has nothing wrong, with its own picture. */
  good(lease: FrameLease, place: SegmentPlace, actor: Actor, now: Nanoseconds): void {
    if (actor.fault !== "none" || this.#facts.isUnsettled(now)) {
      this.#goodFrom = undefined;
      return;
    }
    this.#goodFrom ??= now;
    if (now - this.#goodFrom < refilledAfterNs) return;
    const lead = lease.time - now;
    if (lead < this.#leadNsTarget - slackNs) {
      throw new Violation(
        "lead/refilled",
        lease.tick,
        `The lead is ${lead / 1_000_000n} ms a second after trouble (segment ${place.segment.id.slice(-6)}).`,
      );
    }
    const state = this.#state();
    if (state !== "ready")
      throw new Violation("channel/ready-when-filled", lease.tick, `The lead is full; it says ${state}.`);
  }
}
