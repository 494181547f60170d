import {
  type HouseGrid,
  mediaTimeAt,
  type Place,
  type PlayoutError,
  type SegmentPlace,
  type StandInKind,
  type StandInReason,
  sameAiring,
  type Tick,
  type Timeline,
} from "@retrovue/core";
import { StandInEpisodes, type StandInTicks } from "./stand-in-episodes.js";

/** Why a segment left the air. */
export type Outcome = "completed" | "replaced" | "stopped";

/** A segment went on air. */
export interface AiringBegan {
  readonly place: SegmentPlace;
  /** Its first tick on air; later than the planned one where it was joined late. */
  readonly tick: Tick;
  readonly revision: number;
}

/** A segment left the air: the as-run's line. */
export interface AiringEnded {
  readonly place: SegmentPlace;
  readonly from: Tick;
  /** The first tick that it was not on air any more. */
  readonly end: Tick;
  readonly outcome: Outcome;
  readonly standIns: readonly StandInTicks[];
  readonly failure: PlayoutError | undefined;
  readonly revision: number;
}

/** Hears the as-run. */
export interface AsRunListener {
  began(airing: AiringBegan): void;
  ended(airing: AiringEnded): void;
}

interface InForce {
  readonly from: Tick;
  readonly timeline: Timeline;
}

interface Airing {
  place: SegmentPlace;
  readonly from: Tick;
  revision: number;
  /** The first failure of its asset while it was on air. */
  failure: PlayoutError | undefined;
  /** The last one before, while it was prepared. */
  readonly failureBefore: PlayoutError | undefined;
}

/** Stand-ins that a failure of the asset is the reason of. */
const ofFailures: ReadonlySet<StandInReason> = new Set(["openFailed", "decodeFailed", "hung", "quarantined"]);

/** Assets that failed before they aired, kept by their last failure: the oldest is forgotten beyond these. */
const failuresBeforeMax = 64;

/** What is on air at a tick, as far as anyone knows. */
export interface OnAirNow {
  readonly place: Place;
  readonly standIn: { readonly kind: StandInKind; readonly reason: StandInReason } | undefined;
  readonly revision: number;
}

/**
 * What aired, segment by segment: follows a channel's plans and the committer's stand-ins, and tells each segment when house time
 * reaches its first tick and its end. Ticks are committed ahead of their time, so all that is told is known by then. Pure:
 * it reads no clock.
 */
export class AsRun {
  readonly #listener: AsRunListener;
  readonly #plans: InForce[];
  readonly #standIns = new StandInEpisodes();
  readonly #failuresBefore = new Map<string, PlayoutError>();
  /** The first tick that was not looked at. */
  #cursor: Tick;
  #airing: Airing | undefined;

  /** @param first the channel's first tick */
  constructor(timeline: Timeline, first: Tick, listener: AsRunListener) {
    this.#listener = listener;
    this.#plans = [{ from: first, timeline }];
    this.#cursor = first;
  }

  /** A plan comes into force from a tick on that is not committed yet. */
  planned(timeline: Timeline, from: Tick): void {
    while ((this.#plans.at(-1)?.from ?? -1) >= from) this.#plans.pop();
    this.#plans.push({ from, timeline });
  }

  /** One that stood in before ends there: an episode that goes on otherwise is told as two. */
  standInBegan(from: Tick, kind: StandInKind, reason: StandInReason): void {
    this.#standIns.began(from, kind, reason);
  }

  standInEnded(at: Tick): void {
    this.#standIns.ended(at);
  }

  /**
   * An asset failed. An airing keeps the first failure of its asset, or else what kept it from being prepared, where that is why something
   * stood in.
   */
  failed(uri: string, error: PlayoutError): void {
    if (this.#airing?.place.segment.asset?.uri === uri) {
      this.#airing.failure ??= error;
      return;
    }
    this.#failuresBefore.delete(uri);
    this.#failuresBefore.set(uri, error);
    const [oldest] = this.#failuresBefore.keys();
    if (oldest !== undefined && this.#failuresBefore.size > failuresBeforeMax)
      this.#failuresBefore.delete(oldest);
  }

  /** Tells all that happened up to and including tick `now`. */
  advance(now: Tick): void {
    while (this.#cursor <= now) {
      const { timeline, end: planEnd } = this.#inForceAt(this.#cursor);
      const [place] = timeline.placesFrom(this.#cursor, 1);
      if (place === undefined) return;
      this.#enter(place, timeline.plan.revision);
      const end = Math.min(place.end, planEnd);
      if (end > now) {
        this.#cursor = (now + 1) as Tick;
        break;
      }
      this.#cursor = end as Tick;
      if (end === place.end) this.#leave(this.#cursor, "completed");
    }
    this.#forget(now);
  }

  /** Ends what is on air: the channel is stopped and shows nothing from tick `end` on. */
  stop(end: Tick): void {
    this.advance((end - 1) as Tick);
    this.#leave(end, "stopped");
  }

  /** The next tick at which there may be something to tell. */
  nextTick(): Tick {
    const { timeline, end } = this.#inForceAt(this.#cursor);
    const [place] = timeline.placesFrom(this.#cursor, 1);
    const next = Math.min(place?.end ?? Number.MAX_SAFE_INTEGER, end);
    return (this.#airing === undefined && place?.in === "segment" ? this.#cursor : next) as Tick;
  }

  /** What is on air at a tick not before the last one advanced to. */
  at(tick: Tick): OnAirNow | undefined {
    const { timeline } = this.#inForceAt(tick);
    const [place] = timeline.placesFrom(tick, 1);
    if (place === undefined) return undefined;
    return { place, standIn: this.#standIns.at(tick), revision: timeline.plan.revision };
  }

  #enter(place: Place, revision: number): void {
    const airing = this.#airing;
    if (airing !== undefined) {
      if (place.in === "segment" && sameAiring(airing.place, place)) {
        airing.place = place;
        airing.revision = revision;
        return;
      }
      this.#leave(this.#cursor, "replaced");
    }
    if (place.in !== "segment") return;
    const uri = place.segment.asset?.uri ?? "";
    const failureBefore = this.#failuresBefore.get(uri);
    this.#failuresBefore.delete(uri);
    this.#airing = { place, from: this.#cursor, revision, failure: undefined, failureBefore };
    this.#listener.began({ place, tick: this.#cursor, revision });
  }

  /** @param why it leaves, where it has not come to its end */
  #leave(end: Tick, why: Outcome): void {
    const airing = this.#airing;
    this.#airing = undefined;
    if (airing === undefined) return;
    const { place, from, revision, failureBefore } = airing;
    // It may have come to its end in the last look, which did not tell it since the end's own tick had not come.
    const outcome = end >= place.end ? "completed" : why;
    const standIns = this.#standIns.take(from, end);
    const isFailures = standIns.some(({ reason }) => ofFailures.has(reason));
    const failure = airing.failure ?? (isFailures ? failureBefore : undefined);
    this.#listener.ended({ place, from, end, outcome, standIns, failure, revision });
  }

  #inForceAt(tick: Tick): { readonly timeline: Timeline; readonly end: number } {
    let index = this.#plans.length - 1;
    while (index > 0 && (this.#plans[index]?.from ?? 0) > tick) index -= 1;
    const plan = this.#plans[index] as InForce;
    return { timeline: plan.timeline, end: this.#plans[index + 1]?.from ?? Number.MAX_SAFE_INTEGER };
  }

  /** Plans that concern nothing that is still to be told; of episodes their ticks alone are. */
  #forget(now: Tick): void {
    while (this.#plans.length > 1 && (this.#plans[1]?.from ?? Number.MAX_SAFE_INTEGER) <= now)
      this.#plans.shift();
    this.#standIns.fold(this.#airing?.from, now);
  }
}

/** By how many ticks an airing began after its planned first tick. */
export const lateTicks = ({ place, tick }: AiringBegan): number => tick - place.first;

/** Where an airing is in its media; undefined for pads. */
export const mediaTimeOf = (place: SegmentPlace, tick: Tick, grid: HouseGrid): bigint | undefined =>
  place.segment.asset === undefined ? undefined : mediaTimeAt(place, tick, grid);
