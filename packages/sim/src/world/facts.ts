import type { HouseGrid, Nanoseconds, Plan, Tick, Timeline } from "@retrovue/core";
import type { Actor } from "./cast.js";

/** Something the world did to the channel from outside of its assets. */
export interface Disturbance {
  readonly what: string;
  readonly from: Nanoseconds;
  /** Until when stand-ins may truly be its doing. */
  readonly until: Nanoseconds;
}

/** Ticks that a worker may have handed over behind one that it skipped, when an edit comes. */
export const pendingTicksMax = 3;

/** How long what was given up as hung may be off air for it. */
const looksHungNs = 10_000_000_000n;

/** A hold lasts for 2 s at most, and begins when the lead is used up. */
const heldForLossNs = 2_700_000_000n;

/** Disturbances kept; older ones are over. */
const disturbancesMax = 8;

/**
 * What is true in a simulated world, known to the checkers and not to the channel: who plays what, what was done when. A checker
 * holds what aired against it.
 */
export class Facts {
  readonly grid: HouseGrid;
  readonly actors: ReadonlyMap<string, Actor>;
  #timeline: Timeline;
  #before: Timeline | undefined;
  /** The first tick that the last edit could change for certain: some after it may have been handed over already. */
  #editedFrom: Tick = 0 as Tick;
  #editedAt = 0n as Nanoseconds;
  workersLost = 0;
  #lostWorkerAt: Nanoseconds | undefined;
  /** Assets that killed or blocked a worker, of whichever channel, and since when: the quarantine is one for all. */
  readonly #barredSince: Map<string, Nanoseconds>;
  /** The first tick of the channel's life. */
  firstTick: Tick = 0 as Tick;
  readonly #disturbances: Disturbance[] = [];
  #disturbedUntil = 0n as Nanoseconds;
  #lateTake: string | undefined;
  #slowedUntil = 0n as Nanoseconds;
  #unsettledUntil = 0n as Nanoseconds;

  constructor(
    grid: HouseGrid,
    actors: readonly Actor[],
    timeline: Timeline,
    barredSince: Map<string, Nanoseconds>,
  ) {
    this.#barredSince = barredSince;
    this.grid = grid;
    this.actors = new Map(actors.map((actor) => [actor.uri, actor]));
    this.#timeline = timeline;
  }

  /** The plan in force, as the world knows it. */
  get timeline(): Timeline {
    return this.#timeline;
  }

  /** An asset killed or blocked a worker, here or on another channel. */
  bar(uri: string, at: Nanoseconds): void {
    if (!this.#barredSince.has(uri)) this.#barredSince.set(uri, at);
  }

  /** When an asset killed or blocked a worker first; undefined while it has not. */
  barredSince(uri: string): Nanoseconds | undefined {
    return this.#barredSince.get(uri);
  }

  /** Another plan is in force; `from` is the first tick not on the bus. */
  edit(timeline: Timeline, from: Tick, at: Nanoseconds): void {
    this.#before = this.#timeline;
    this.#timeline = timeline;
    this.#editedFrom = from;
    this.#editedAt = at;
  }

  /** True where the plan was edited at this time or later. */
  isEditedSince(at: Nanoseconds): boolean {
    return this.#editedAt >= at;
  }

  /**
   * The timeline that a tick of this revision may be made by: the one in force, or the one before where the tick was handed
   * over just before the edit and waited for one that was skipped.
   */
  timelineOf(revision: number, tick: Tick): Timeline | undefined {
    if (revision === this.#timeline.plan.revision) return this.#timeline;
    const isPending = tick <= this.#editedFrom + pendingTicksMax;
    return isPending && revision === this.#before?.plan.revision ? this.#before : undefined;
  }

  /** True for ticks that may have been handed over before the last edit, or just behind it. */
  isEditedNear(tick: Tick): boolean {
    return tick <= this.#editedFrom + pendingTicksMax;
  }

  get plan(): Plan {
    return this.timeline.plan;
  }

  /** A segment was spliced in at the very next tick. */
  tookLate(segmentId: string): void {
    this.#lateTake = segmentId;
  }

  /** A worker was lost: the next one knows nothing of what came late, and meets faults anew. */
  lostWorker(now: Nanoseconds): void {
    this.workersLost += 1;
    this.#lostWorkerAt = now;
    this.#lateTake = undefined;
  }

  /** True while what aired last may still be held because a worker was lost. */
  isHeldForLoss(now: Nanoseconds): boolean {
    return this.#lostWorkerAt !== undefined && now - this.#lostWorkerAt < heldForLossNs;
  }

  isLateTake(segmentId: string): boolean {
    return this.#lateTake === segmentId;
  }

  get tickTimeOfFirst(): Nanoseconds {
    return this.grid.tickTime(this.firstTick);
  }

  disturb(disturbance: Disturbance): void {
    this.#disturbances.push(disturbance);
    if (this.#disturbances.length > disturbancesMax) this.#disturbances.shift();
    if (disturbance.until > this.#disturbedUntil) this.#disturbedUntil = disturbance.until;
    if (isLeap(disturbance)) this.slowedDown(disturbance.until);
    this.unsettle(disturbance.until);
  }

  /** House time was set forward: what was to last for so long by the host's time ends so much later by house time. */
  leapt(byNs: bigint): void {
    const later = (at: Nanoseconds) => (at + byNs) as Nanoseconds;
    for (const [index, disturbance] of this.#disturbances.entries())
      this.#disturbances[index] = { ...disturbance, until: later(disturbance.until) };
    this.#disturbedUntil = later(this.#disturbedUntil);
    this.#unsettledUntil = later(this.#unsettledUntil);
    this.#slowedUntil = later(this.#slowedUntil);
  }

  /** Until then the lead may be short, though nothing that airs may show it. */
  unsettle(until: Nanoseconds): void {
    if (until > this.#unsettledUntil) this.#unsettledUntil = until;
  }

  isUnsettled(now: Nanoseconds): boolean {
    return now <= this.#unsettledUntil;
  }

  /** True while ticks may lie behind house time because time itself made a leap. */
  isTimeTorn(now: Nanoseconds): boolean {
    if (now > this.#disturbedUntil) return false;
    return this.#disturbances.some(
      (disturbance) => isLeap(disturbance) && now >= disturbance.from && now <= disturbance.until,
    );
  }

  /** Until then everything took longer than it would: what was slow may have looked like what hangs. */
  slowedDown(until: Nanoseconds): void {
    if (until > this.#slowedUntil) this.#slowedUntil = until;
  }

  /** True where what was given up as hung may only have been slow. */
  mayLookHung(now: Nanoseconds): boolean {
    return now - this.#slowedUntil < looksHungNs;
  }

  /** What may still have its effect at this time. */
  disturbanceAt(now: Nanoseconds): Disturbance | undefined {
    // The last to end; most of the time it is over, and then they all are.
    if (now > this.#disturbedUntil) return undefined;
    return this.#disturbances.find(({ from, until }) => now >= from && now <= until);
  }
}

const isLeap = ({ what }: Disturbance): boolean => what === "stall" || what === "resync";
