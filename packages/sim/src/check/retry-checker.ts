import type { ChannelState, Nanoseconds, SupervisorEvent, Tick } from "@retrovue/core";
import type { Facts } from "../world/facts.js";
import { Violation } from "./violation.js";

/** Window in which opens are counted. */
const windowNs = 10_000_000_000n;

/** A run that fails at once is tried at 0, 1, 3 and 7 s: so often within any window, and its fallback was never opened here. */
const opensPerRun = 5;

/** Retries come so seldom once the quick ones are used up (timing.md, Failure policy). */
const steadyNs = 30_000_000_000n;

/** How soon after giving up the channel must say so: a look of the supervisor. */
const toldWithinNs = 200_000_000n;

/** What a retry checker looks with. */
export interface RetryCheckerOptions {
  readonly facts: Facts;
  readonly now: () => Nanoseconds;
  readonly head: () => Tick;
  readonly state: () => ChannelState;
  readonly onViolation: (violation: Violation) => void;
}

/** Holds retries against the ladder: not too often, and a channel whose ladder is used up says so. */
export class RetryChecker {
  readonly #options: RetryCheckerOptions;
  readonly #opens = new Map<string, { readonly at: Nanoseconds; readonly workersLost: number }[]>();
  #gaveUp: { readonly uri: string; readonly at: Nanoseconds; readonly segmentId: string } | undefined;

  constructor(options: RetryCheckerOptions) {
    this.#options = options;
  }

  /** The first decoder was asked to open an asset. */
  opened(uri: string): void {
    const { now, facts, head, onViolation } = this.#options;
    const at = now();
    const opens = (this.#opens.get(uri) ?? []).filter(
      (open) => at - open.at < windowNs && open.workersLost === facts.workersLost,
    );
    opens.push({ at, workersLost: facts.workersLost });
    this.#opens.set(uri, opens);
    if (opens.length <= opensPerRun || facts.isEditedSince((at - windowNs) as Nanoseconds)) return;
    const allowed = opensPerRun * this.#runsOf(uri);
    if (opens.length <= allowed) return;
    onViolation(
      new Violation(
        "retry/backs-off",
        head(),
        `${uri} was opened ${opens.length} times within 10 s; ${allowed} are allowed.`,
      ),
    );
  }

  hear(event: SupervisorEvent): void {
    if (event.type !== "source-failed" || (event.failure.retry?.afterNs ?? 0n) < steadyNs) return;
    const { facts, head, now } = this.#options;
    const place = facts.timeline.at((head() + 1) as Tick);
    const { uri } = event.failure.asset;
    if (place.in === "segment" && place.segment.asset?.uri === uri)
      this.#gaveUp ??= { uri, at: now(), segmentId: place.segment.id };
  }

  look(): void {
    const gaveUp = this.#gaveUp;
    if (gaveUp === undefined) return;
    const { now, facts, head, state, onViolation } = this.#options;
    if (now() - gaveUp.at < toldWithinNs) return;
    this.#gaveUp = undefined;
    const place = facts.timeline.at((head() + 1) as Tick);
    const isOnAir = place.in === "segment" && place.segment.id === gaveUp.segmentId;
    if (!isOnAir || state() === "error") return;
    onViolation(
      new Violation(
        "channel/error-when-given-up",
        head(),
        `All quick retries of ${gaveUp.uri} are used up; the channel says ${state()}.`,
      ),
    );
  }

  /** Runs of an asset that are in reach now, or were within the window. */
  #runsOf(uri: string): number {
    const { facts, now } = this.#options;
    const { grid, timeline } = facts;
    const first = Math.max(grid.tickAtOrBefore((now() - windowNs) as Nanoseconds), facts.firstTick);
    const last = grid.tickAtOrAfter((now() + windowNs) as Nanoseconds);
    const runs = new Set<number>();
    for (let tick = first as Tick; tick < last; ) {
      const place = timeline.placesFrom(tick, 1)[0];
      if (place === undefined) break;
      if (place.in === "segment" && place.segment.asset?.uri === uri) runs.add(place.anchor.first);
      tick = place.end;
    }
    return runs.size;
  }
}
