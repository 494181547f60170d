import type { Nanoseconds } from "../time/units.js";

/** Wakes once, later. */
export interface Timer {
  /**
   * Calls `wake` once, about `delay` from now; late is fine, early is put right by the clock. Never calls it synchronously,
   * nor after the returned handle is disposed. `delay` is at least zero and at most an hour. A timer should not keep the
   * process alive.
   */
  after(delay: Nanoseconds, wake: () => void): Disposable;
}

/** What a clock needs of its host, handed in so that the core has no I/O and tests have no time. */
export interface HostTime {
  /** CLOCK_MONOTONIC, the same in every process of the host: nanoseconds that never step. */
  monotonic(): Nanoseconds;
  /** The host's idea of UTC: nanoseconds since the Unix epoch. May step at any time, either way. */
  utc(): Nanoseconds;
  readonly timer: Timer;
}
