import {
  type ChannelSettings,
  type FrameLease,
  type Nanoseconds,
  nanosecondsFromMs,
  type SegmentPlace,
  type StandInReason,
  type Tick,
} from "@retrovue/core";
import type { Actor } from "../world/cast.js";
import type { Facts } from "../world/facts.js";
import { Violation } from "./violation.js";

/** What opens within this is ready when its tick comes, whatever else is being opened. */
const openNsMax = nanosecondsFromMs(3_000);

/** Checks that what the plan has known for long enough is ready at its first tick. */
export class PreparationChecker {
  readonly #facts: Facts;
  readonly #settings: ChannelSettings;

  constructor(facts: Facts, settings: ChannelSettings) {
    this.#facts = facts;
    this.#settings = settings;
  }

  /** A stand-in at the first tick of a run of media. */
  check(lease: FrameLease, place: SegmentPlace, actor: Actor, now: Nanoseconds): void {
    const { tick, meta } = lease;
    if (tick !== place.anchor.first || isAsItIs(meta.standInReason)) return;
    if (!opensInTime(actor) || this.#isCrowded(place) || !this.#wasQuiet(now)) return;
    throw new Violation(
      "prepare/ready-in-time",
      tick,
      `${actor.uri} had all the time that it takes, and is not there: ${meta.standInReason}.`,
    );
  }

  /** True where more begins at about the same time than is prepared at once. */
  #isCrowded(place: SegmentPlace): boolean {
    const { grid, timeline } = this.#facts;
    const { prerollNs, leadNsTarget, sourcesMax } = this.#settings;
    const from = Math.max(0, place.first - grid.ticksIn((prerollNs + leadNsTarget) as Nanoseconds)) as Tick;
    const before = timeline.placesFrom(from, sourcesMax).findIndex(({ first }) => first === place.first);
    return before < 0;
  }

  /** True where nothing was done to the channel since long before it had to begin. */
  #wasQuiet(now: Nanoseconds): boolean {
    const { prerollNs, leadNsTarget } = this.#settings;
    const began = (now - prerollNs - leadNsTarget - nanosecondsFromMs(500)) as Nanoseconds;
    return began > this.#facts.tickTimeOfFirst && !this.#facts.isUnsettled(began);
  }
}

/** True for what has nothing wrong but that it opens slowly, and not too slowly. */
const opensInTime = ({ fault, script }: Actor): boolean =>
  fault === "none" ||
  (fault === "slow-open" &&
    (script?.calls ?? []).every(({ move }) => move.kind === "late" && move.byNs < openNsMax));

/** True for what the asset itself is the cause of, however early it is opened. */
const isAsItIs = (reason: StandInReason): boolean => reason === "soundOnly" || reason === "endedEarly";
