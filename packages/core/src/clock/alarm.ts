import { PlayoutError } from "../errors/playout-error.js";
import type { Nanoseconds } from "../time/units.js";
import type { Clock } from "./clock.js";

/**
 * A deadline that is set and cleared once a tick but hardly ever comes: its one sleeper on the clock is let run over cleared and
 * put off deadlines, instead of a timer for each, and is woken early only for a deadline that comes before it.
 */
export class Alarm implements Disposable {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #at: Nanoseconds | undefined;
  #sleep: { readonly until: Nanoseconds; readonly wake: AbortController } | undefined;
  #isClosed = false;

  /** @param ring called once for each armed deadline that comes; must not throw */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `at`, or as soon as possible where that is past, unless disarmed or armed anew before. Never within this call. */
  arm(at: Nanoseconds): void {
    if (this.#isClosed) return;
    this.#at = at;
    if (this.#sleep === undefined || at < this.#sleep.until) void this.#sleepUntil(at);
  }

  disarm(): void {
    this.#at = undefined;
  }

  async #sleepUntil(until: Nanoseconds): Promise<void> {
    this.#sleep?.wake.abort(overtaken);
    const sleep = { until, wake: new AbortController() };
    this.#sleep = sleep;
    try {
      await this.#clock.sleepUntil(until, sleep.wake.signal);
    } catch {
      // Overtaken by an earlier deadline, or closed: this alarm, or the clock under it.
      return;
    }
    // Overtaken or closed in the very moment of waking.
    if (this.#sleep !== sleep) return;
    this.#sleep = undefined;
    const at = this.#at;
    if (at === undefined) return;
    if (at > this.#clock.now()) {
      void this.#sleepUntil(at);
      return;
    }
    this.#at = undefined;
    this.#ring();
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#at = undefined;
    this.#sleep?.wake.abort(closed);
    this.#sleep = undefined;
  }
}

/** Made once: an error with its stack for every deadline that moves would be a lot. */
const overtaken = new PlayoutError("Cancelled", "An earlier deadline was set.");
const closed = new PlayoutError("Closed", "The alarm was closed.");
