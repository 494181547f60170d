import type { Nanoseconds } from "../time/units.js";

/**
 * How house time follows the host's CLOCK_MONOTONIC: `house = houseAnchor + (mono − monoAnchor) · rate`. Every
 * process of a host uses the same mapping; it crosses to workers as plain values and stands in each bus header.
 */
export interface ClockMapping {
  /** Increases with every change. */
  readonly sequence: number;
  /** CLOCK_MONOTONIC at the anchor. */
  readonly monoAnchor: Nanoseconds;
  /** House time at the anchor. */
  readonly houseAnchor: Nanoseconds;
  /**
   * Parts per billion by which house time runs faster than CLOCK_MONOTONIC: 500 ppm of slew is ±500 000.
   * Exactly −1 000 000 000 means that time stands still (a manual clock).
   */
  readonly ratePpb: number;
}

/** How well a clock follows its source. */
export interface ClockHealth {
  /** What it follows: "system", "master", "manual" or a plugin's word. */
  readonly source: string;
  /** `free-run` before a first lock, `locked`, or `holdover` after the source was lost. */
  readonly state: "free-run" | "locked" | "holdover";
  /** Source minus house time, last estimate; signed. */
  readonly offsetNs: Nanoseconds;
  /** Source's rate against CLOCK_MONOTONIC, parts per million. */
  readonly driftPpm: number;
  /** 95th percentile of the offset's scatter over the last 64 estimates. */
  readonly jitterNsP95: Nanoseconds;
  /** Changes of the mapping since start. */
  readonly corrections: number;
  /** True while the error is beyond 1 s and only an explicit resync will close it soon. */
  readonly alarm: boolean;
}

/**
 * **Tells house time and waits for it.** Everything in a channel follows its one clock.
 *
 * *Ownership.* The engine owns it; a channel borrows it. Listeners are removed by disposing what `onMapping`
 * returns. Closed with the engine, if it is `Disposable`.
 *
 * *Concurrency.* All methods at any time; any number of sleepers.
 *
 * *"Not yet".* `sleepUntil` is pending until the time has come, and resolves at once (but never synchronously)
 * for a time already past.
 *
 * *After an error.* `sleepUntil` rejects with `Cancelled` (or the signal's own `PlayoutError`) when its signal
 * aborts, and with `Closed` when the clock is closed. `now()` never throws and never steps back.
 */
export interface Clock {
  /** House time: nanoseconds since the Unix epoch. Never less than any value it gave before. */
  now(): Nanoseconds;
  /** Resolves at or shortly after `at`, never before. */
  sleepUntil(at: Nanoseconds, signal: AbortSignal): Promise<void>;
  /** The mapping in force. */
  mapping(): ClockMapping;
  /** Calls the listener after each change of the mapping. */
  onMapping(listener: (mapping: ClockMapping) => void): Disposable;
  /** How well it follows its source, as last estimated. */
  health(): ClockHealth;
}
