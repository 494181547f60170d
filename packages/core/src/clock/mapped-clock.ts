import { floorDiv } from "../time/division.js";
import type { Nanoseconds } from "../time/units.js";
import type { Clock, ClockHealth, ClockMapping } from "./clock.js";
import type { HostTime } from "./host-time.js";
import { Listeners } from "./listeners.js";
import { houseAt, monoAt } from "./mapping.js";
import { SleepQueue } from "./sleep-queue.js";

/** The longest that one timer is asked for: hosts' timers have bounds of their own (`setTimeout`: 24.8 days). */
const timerNsMax = 3_600_000_000_000n as Nanoseconds;

/** Timers of the host that are set at one time at most. */
const timersMax = 8;

/**
 * House time as a mapping from CLOCK_MONOTONIC: what the system clock, the disciplined one and a worker's follower have in
 * common. A change of the mapping re-aims everyone who sleeps. `now()` is clamped never to step back, whatever mapping
 * comes. A few timers of the host serve all sleepers.
 */
export abstract class MappedClock implements Clock, Disposable {
  protected readonly host: Pick<HostTime, "monotonic" | "timer">;
  readonly #sleepers = new SleepQueue();
  readonly #listeners = new Listeners<ClockMapping>();
  #mapping: ClockMapping;
  #latest: Nanoseconds;
  /**
   * Timers that are set, each for an earlier time than the one before it. A loop that sleeps anew each time it is woken is the first of
   * all sleepers for most of the time: the timer of the one after it stays as it is, and need not be set again each time.
   */
  readonly #armed: { readonly house: Nanoseconds; readonly handle: Disposable }[] = [];
  #closed = false;

  protected constructor(host: Pick<HostTime, "monotonic" | "timer">, mapping: ClockMapping) {
    this.host = host;
    this.#mapping = Object.freeze({ ...mapping });
    this.#latest = houseAt(this.#mapping, host.monotonic());
  }

  abstract health(): ClockHealth;

  now(): Nanoseconds {
    const house = houseAt(this.#mapping, this.host.monotonic());
    if (house > this.#latest) this.#latest = house;
    return this.#latest;
  }

  sleepUntil(at: Nanoseconds, signal: AbortSignal): Promise<void> {
    const sleeping = this.#sleepers.add(at, signal);
    if (at <= this.now()) this.#sleepers.wakeUntil(at);
    else this.#aim();
    return sleeping;
  }

  mapping(): ClockMapping {
    return this.#mapping;
  }

  onMapping(listener: (mapping: ClockMapping) => void): Disposable {
    return this.#listeners.add(listener);
  }

  /** Rejects all sleepers with `Closed` and stops the timer. `now()` goes on. Idempotent. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#sleepers.close();
    this.#aim();
  }

  /** True after disposal: subclasses then leave the mapping alone. */
  protected get closed(): boolean {
    return this.#closed;
  }

  /** Puts another mapping in force, tells everyone, and re-aims the sleepers. Does not check where it comes from. */
  protected adopt(mapping: ClockMapping): void {
    if (this.#closed) return;
    // Time that passed under the old mapping has passed, whether or not anyone looked.
    this.now();
    this.#mapping = Object.freeze({ ...mapping });
    this.#disarm();
    this.#wake();
    this.#listeners.tell(this.#mapping);
  }

  /** Wakes whoever is due and sets the timer for whoever is next. */
  #wake(): void {
    this.#sleepers.wakeUntil(this.now());
    this.#aim();
  }

  #aim(): void {
    const house = this.#sleepers.earliest;
    if (house === undefined) {
      this.#disarm();
      return;
    }
    // A timer for nobody any more comes first, and aims anew.
    const first = this.#armed.at(-1);
    if (first !== undefined && first.house <= house) return;
    const mono = monoAt(this.#mapping, house);
    if (mono === undefined) return;
    const wait = mono - this.host.monotonic();
    const delay = (wait < 0n ? 0n : wait > timerNsMax ? timerNsMax : wait) as Nanoseconds;
    const handle = this.host.timer.after(delay, () => {
      // A timer that fired early, or an hour on the way, finds nobody due and is set again.
      this.#armed.splice(this.#armed.indexOf(armed), 1);
      this.#wake();
    });
    const armed = { house, handle };
    this.#armed.push(armed);
    if (this.#armed.length > timersMax) this.#armed.shift()?.handle[Symbol.dispose]();
  }

  #disarm(): void {
    for (const { handle } of this.#armed.splice(0)) handle[Symbol.dispose]();
  }
}

/** The same line seen from `mono`, so that changing its rate there bends it without a step. */
export function reanchor(mapping: ClockMapping, mono: Nanoseconds, ratePpb: number): ClockMapping {
  return {
    sequence: mapping.sequence + 1,
    monoAnchor: mono,
    houseAnchor: houseAt(mapping, mono),
    ratePpb,
  };
}

/** The middle of two instants, rounded down. */
export const midpoint = (a: Nanoseconds, b: Nanoseconds): Nanoseconds => floorDiv(a + b, 2n) as Nanoseconds;
