import { PlayoutError } from "../errors/playout-error.js";
import type { Nanoseconds } from "../time/units.js";
import type { Clock } from "./clock.js";

/**
 * A deadline that is set and cleared once a tick but hardly ever comes: it keeps at most one sleeper on the clock and lets
 * it run over cleared deadlines instead of making a timer for each.
 */
export class Alarm implements Disposable {
  readonly #clock: Clock;
  readonly #ring: () => void;
  readonly #closing = new AbortController();
  #at: Nanoseconds | undefined;
  #sleepingUntil: Nanoseconds | undefined;

  /** @param ring called once for each armed deadline that comes; must not throw */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `at`, or as soon as possible where that is past, unless disarmed or armed anew before. */
  arm(at: Nanoseconds): void {
    this.#at = at;
    if (this.#sleepingUntil === undefined || at < this.#sleepingUntil) void this.#sleep(at);
  }

  disarm(): void {
    this.#at = undefined;
  }

  async #sleep(until: Nanoseconds): Promise<void> {
    this.#sleepingUntil = until;
    try {
      await this.#clock.sleepUntil(until, this.#closing.signal);
    } catch {
      // Only closing ends a sleep early: of the alarm, or of the clock under it.
      return;
    }
    // A sleeper that was overtaken by an earlier deadline leaves the work to that one.
    if (this.#sleepingUntil !== until) return;
    this.#sleepingUntil = undefined;
    const at = this.#at;
    if (at === undefined) return;
    if (at > this.#clock.now()) {
      void this.#sleep(at);
      return;
    }
    this.#at = undefined;
    this.#ring();
  }

  [Symbol.dispose](): void {
    this.#at = undefined;
    this.#closing.abort(closed);
  }
}

/** One for all alarms: only `#sleep` sees it. */
const closed = new PlayoutError("Closed", "The alarm was closed.");
