import type { Clock, Nanoseconds } from "@retrovue/core";

/** A clock under test, with the hands that a rule needs on it. */
export interface ClockSubject extends AsyncDisposable {
  readonly clock: Clock & Partial<Disposable>;
  /**
   * Lets at least `length` of house time pass, by moving the clock, its host, or by waiting; resolves when those who were
   * woken have run.
   */
  pass(length: Nanoseconds): Promise<void>;
  /** CLOCK_MONOTONIC as the clock's mapping means it. */
  monotonic(): Nanoseconds;
  /** Gives the clock a cause to change its mapping, and lets it. Left out where the mapping never changes. */
  adjust?(): Promise<void>;
}
