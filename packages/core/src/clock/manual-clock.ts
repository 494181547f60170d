import { PlayoutError } from "../errors/playout-error.js";
import { type Nanoseconds, nanoseconds } from "../time/units.js";
import type { Clock, ClockHealth, ClockMapping } from "./clock.js";
import { Listeners } from "./listeners.js";
import { SleepQueue } from "./sleep-queue.js";

/** What a manual clock may be told when it is made. */
export interface ManualClockOptions {
  /**
   * Resolves when everything that was woken has done what it can do without time passing. Default: one turn of the event
   * loop, which runs all microtasks; work that waits for other threads or processes needs more, by whoever drives them.
   */
  readonly settle?: () => Promise<void>;
}

/** Time stands still between moves. */
const standstillPpb = -1_000_000_000;

/**
 * **A clock that moves when told**: for simulation, and for content tests at the speed of the CPU. Every process of an engine
 * can follow it through its mapping, whose rate is a standstill and which changes with every move.
 *
 * Deterministic: sleepers wake in the order of their times, those of one time in the order in which they came.
 */
export class ManualClock implements Clock, Disposable {
  readonly #sleepers = new SleepQueue();
  readonly #listeners = new Listeners<ClockMapping>();
  readonly #settle: () => Promise<void>;
  #mapping: ClockMapping;
  #moving: Promise<void> = Promise.resolve();

  /** @param start house time at first, nanoseconds since the Unix epoch */
  constructor(start: Nanoseconds, options: ManualClockOptions = {}) {
    this.#settle = options.settle ?? (() => new Promise((resolve) => setImmediate(resolve)));
    this.#mapping = Object.freeze({
      sequence: 0,
      monoAnchor: nanoseconds(0n),
      houseAnchor: start,
      ratePpb: standstillPpb,
    });
  }

  now(): Nanoseconds {
    return this.#mapping.houseAnchor;
  }

  sleepUntil(at: Nanoseconds, signal: AbortSignal): Promise<void> {
    const sleeping = this.#sleepers.add(at, signal);
    this.#sleepers.wakeUntil(this.now());
    return sleeping;
  }

  mapping(): ClockMapping {
    return this.#mapping;
  }

  onMapping(listener: (mapping: ClockMapping) => void): Disposable {
    return this.#listeners.add(listener);
  }

  health(): ClockHealth {
    return {
      source: "manual",
      state: "locked",
      offsetNs: nanoseconds(0n),
      driftPpm: 0,
      jitterNsP95: nanoseconds(0n),
      corrections: this.#mapping.sequence,
      alarm: false,
    };
  }

  /** How many sleep: what a test may look at to see that nothing was left waiting. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  /** When the next sleeper is due; undefined if nobody sleeps. */
  get nextWake(): Nanoseconds | undefined {
    return this.#sleepers.earliest;
  }

  /**
   * Moves to `at` in one jump and returns at once: listeners have been told, and sleepers that are due have been woken,
   * but have not run yet. Moving to where the clock stands changes nothing; moving back is `InvalidArgument`.
   */
  set(at: Nanoseconds): void {
    const now = this.now();
    if (at < now) {
      throw new PlayoutError(
        "InvalidArgument",
        `The clock stands at ${now} ns and cannot move back to ${at} ns.`,
      );
    }
    if (at === now) return;
    const { sequence, monoAnchor } = this.#mapping;
    this.#mapping = Object.freeze({
      sequence: sequence + 1,
      monoAnchor,
      houseAnchor: at,
      ratePpb: standstillPpb,
    });
    this.#sleepers.wakeUntil(at);
    this.#listeners.tell(this.#mapping);
  }

  /**
   * Moves to `at` as time would: stops at each instant for which somebody sleeps, and lets what it woke settle, and sleep
   * again, before going on. Resolves when `at` is reached and all is settled. Moves asked for meanwhile follow in order.
   */
  advanceTo(at: Nanoseconds): Promise<void> {
    return this.#move(() => at);
  }

  /** `advanceTo` that much after where the clock stands when its turn comes. */
  advanceBy(length: Nanoseconds): Promise<void> {
    return this.#move(() => nanoseconds(this.now() + length));
  }

  #move(target: () => Nanoseconds): Promise<void> {
    const move = this.#moving.then(async () => {
      const at = target();
      await this.#settle();
      for (let next = this.nextWake; next !== undefined && next < at; next = this.nextWake) {
        this.set(next);
        await this.#settle();
      }
      this.set(at);
      await this.#settle();
    });
    this.#moving = move.catch(() => {});
    return move;
  }

  /** Rejects all sleepers with `Closed`. `now()` goes on. Idempotent. */
  [Symbol.dispose](): void {
    this.#sleepers.close();
  }
}
