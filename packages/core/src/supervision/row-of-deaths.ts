import type { Clock } from "../clock/clock.js";
import type { Timeline } from "../plan/timeline.js";
import type { HouseGrid } from "../time/house-grid.js";
import { type Nanoseconds, nanosecondsFromMs, type Tick } from "../time/units.js";
import { type Retry, retryAfter } from "./backoff.js";
import type { WorkerProgress } from "./worker-progress.js";

/**
 * A worker that worked and lived this long was of use: the next death is answered at once again, however many there were. Time
 * in which it hung counts: it is the pace of deaths that is slowed down, and a hang takes a second to be found.
 */
const settledNs = nanosecondsFromMs(2_000);

/** Deaths in a row that are answered at once when nobody can be blamed; then with back-off. */
const blamelessMax = 3;

/** However good the reason to try again, no sooner after a death that is answered with back-off: the first of the quick retries. */
const leastNs = retryAfter(1).afterNs;

/** Places of the plan that are looked at for another asset; farther ones are later than any wait. */
const placesMax = 64;

/**
 * The workers of a channel that died one after another and of which none was of use: how long the next one is waited for, and
 * whether so many died that the channel is in `error`.
 */
export class RowOfDeaths {
  readonly #clock: Clock;
  readonly #grid: HouseGrid;
  #deaths = 0;
  #isExhausted = false;
  #hurry: (() => void) | undefined;

  constructor({ clock, grid }: { readonly clock: Clock; readonly grid: HouseGrid }) {
    this.#clock = clock;
    this.#grid = grid;
  }

  /** True from the death on that used up the last quick retry, until a worker was of use. */
  get isExhausted(): boolean {
    return this.#isExhausted;
  }

  /**
   * A worker has died.
   *
   * @param isForgiven true where another one need not fear the same: what killed it is barred, or it was killed from outside
   * after it had come to its work
   * @returns when to try another one; undefined for at once
   */
  add(progress: WorkerProgress, isForgiven: boolean): Retry | undefined {
    this.#deaths = isForgiven || isOfUse(progress) ? 0 : this.#deaths + 1;
    return this.#deaths > blamelessMax ? this.#retry() : undefined;
  }

  /** A worker could not even be begun: a death like another, but that the next moment is no better. */
  addUnborn(): Retry {
    this.#deaths = Math.max(this.#deaths, blamelessMax) + 1;
    return this.#retry();
  }

  /** Looks at the worker that lives. True where it ends a row that was exhausted. */
  settles(progress: WorkerProgress): boolean {
    if (!this.#isExhausted || !isOfUse(progress)) return false;
    this.#isExhausted = false;
    return true;
  }

  /**
   * Passes the time until the next one is tried: `afterNs`, but not beyond the beginning of another asset than the one at `from`,
   * nor beyond `hurry`, since neither may be what killed the others. Never rejects; resolves early where `stop` aborts.
   */
  async wait(afterNs: Nanoseconds, timeline: Timeline, from: Tick, stop: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const soonest = (now + leastNs) as Nanoseconds;
    const latest = (now + afterNs) as Nanoseconds;
    const other = this.#beginOfAnother(timeline, from);
    const until = other === undefined || other > latest ? latest : other;
    const early = new AbortController();
    const end = () => early.abort();
    this.#hurry = end;
    stop.addEventListener("abort", end, { once: true });
    if (stop.aborted) end();
    await this.#clock.sleepUntil(until, early.signal).catch(() => {});
    stop.removeEventListener("abort", end);
    if (this.#hurry === end) this.#hurry = undefined;
    await this.#clock.sleepUntil(soonest, stop).catch(() => {});
  }

  /** There is another plan: whoever waits has waited long enough. */
  hurry(): void {
    this.#hurry?.();
  }

  #retry(): Retry {
    const retry = retryAfter(this.#deaths - blamelessMax);
    this.#isExhausted ||= retry.exhausted;
    return retry;
  }

  #beginOfAnother(timeline: Timeline, from: Tick): Nanoseconds | undefined {
    const [onAir, ...following] = timeline.placesFrom(from, placesMax).map((place) => ({
      first: place.first,
      uri: place.in === "segment" ? place.segment.asset?.uri : undefined,
    }));
    const other = following.find(({ uri }) => uri !== onAir?.uri);
    return other && this.#grid.tickTime(other.first);
  }
}

/** True where it has handed something over and lived for as long as makes it one of use. */
const isOfUse = ({ hasBegun, ageNs }: WorkerProgress): boolean => hasBegun && ageNs >= settledNs;
