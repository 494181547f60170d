import type { ChannelSettings } from "../channel/settings.js";
import type { SteadyTime } from "../clock/steady-time.js";
import type { HouseGrid } from "../time/house-grid.js";
import { type Nanoseconds, nanosecondsFromMs, type Tick } from "../time/units.js";

/** How long a worker may take to begin: a process has to start and to load its plugins, on a machine that may be busy. */
const startTimeoutNs = nanosecondsFromMs(10_000);

/**
 * How long no sign of life may come from a worker that has begun and has made no tick yet. It takes plans in, opens its lane and
 * its first decoders: turns of its event loop that are longer than any at work, and all channels of an engine may do so at once.
 */
const lifelessNsMax = nanosecondsFromMs(2_000);

/**
 * How long a worker that has begun may hand over nothing. It stands in for what its decoders do not give (`stallTimeoutNs` is for
 * those), so that nothing at all means a process that is stopped or a thread that is stuck. The last tick that it made airs when
 * the lead (500 ms) is over and is held for 2 s: this leaves a successor 1.4 s until slate, of which a warm one takes about 0.4 s
 * where the machine is idle. Two seconds left it just those 0.4 s. Half a second would not do: as long as that does a machine with
 * too much to do keep a healthy process from running, and to replace it makes yet more work, where being wrong after a whole
 * second costs no more than a hold that is there already.
 */
const silenceNsMax = nanosecondsFromMs(1_000);

/**
 * Of the time between two looks no more than this counts: where nobody could look, as a rule nobody could work either, and on a
 * machine that stood still the worker is not the one to be blamed.
 */
const lookNsMax = nanosecondsFromMs(300);

/** What progress is judged by. */
export interface WorkerProgressOptions {
  readonly grid: HouseGrid;
  readonly settings: ChannelSettings;
  /** Time as it passes: a leap of house time is no lack of progress. */
  readonly time: SteadyTime;
  /** The first tick that is for the worker to make. */
  readonly from: Tick;
  /** Ticks handed over by its predecessors. */
  readonly submitted: number;
}

/**
 * Whether one worker gets on: from its birth to its first tick it has longer than from each tick to the next, as long as it gives
 * signs of life.
 */
export class WorkerProgress {
  readonly #options: WorkerProgressOptions;
  readonly #bornAt: Nanoseconds;
  #submitted: number;
  /** When it handed something over last, or had nothing to do yet. */
  #at: Nanoseconds;
  /** When it last gave a sign of life before its first tick; undefined before the first of them. */
  #livedAt: Nanoseconds | undefined;
  #isOpen = false;
  #lookedAt: Nanoseconds;
  #hasBegun = false;

  constructor(options: WorkerProgressOptions) {
    this.#options = options;
    this.#submitted = options.submitted;
    this.#bornAt = options.time.now();
    this.#at = this.#bornAt;
    this.#lookedAt = this.#bornAt;
  }

  /** True once it has handed something over. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** How long ago it was born. */
  get ageNs(): bigint {
    return this.#options.time.now() - this.#bornAt;
  }

  /** It gives a sign of life. @param isOpen whether its lane is open */
  live(isOpen: boolean): void {
    const now = this.#options.time.now();
    this.#livedAt = now;
    if (isOpen && !this.#isOpen && !this.#hasBegun) this.#at = now;
    this.#isOpen ||= isOpen;
  }

  /** It says that it has handed over its first tick. */
  begin(): void {
    this.#hasBegun = true;
    this.#at = this.#options.time.now();
  }

  /** So many ticks have been handed over in all. To be told at each look. */
  note(submitted: number): void {
    const now = this.#options.time.now();
    const unseenNs = now - this.#lookedAt - lookNsMax;
    this.#lookedAt = now;
    if (unseenNs > 0n && this.#livedAt !== undefined)
      this.#livedAt = (this.#livedAt + unseenNs) as Nanoseconds;
    if (submitted !== this.#submitted) this.#hasBegun = true;
    else if (this.#hasBegun || !this.#isEarly()) {
      if (unseenNs > 0n) this.#at = (this.#at + unseenNs) as Nanoseconds;
      return;
    }
    this.#submitted = submitted;
    this.#at = now;
  }

  /** How long it may still be silent. Zero or less: it is stopped in its tracks, or its loop is stuck, and another must do its work. */
  leftNs(): bigint {
    const { stallTimeoutNs, holdNsMax } = this.#options.settings;
    const now = this.#options.time.now();
    const silentNs = now - this.#at;
    if (this.#hasBegun) return (stallTimeoutNs < silenceNsMax ? stallTimeoutNs : silenceNsMax) - silentNs;
    // One that takes over leaves ticks to the committer for as long as that may hold.
    const tickNs = (this.#isOpen ? holdNsMax + lifelessNsMax : startTimeoutNs) - silentNs;
    if (this.#livedAt === undefined) return tickNs;
    const signNs = this.#livedAt + lifelessNsMax - now;
    return signNs < tickNs ? signNs : tickNs;
  }

  /** True while its first tick is farther ahead than the lead: there is nothing to hand over yet. */
  #isEarly(): boolean {
    const { grid, settings, time, from } = this.#options;
    return time.clock.now() < grid.tickTime(from) - settings.leadNsTarget;
  }
}
