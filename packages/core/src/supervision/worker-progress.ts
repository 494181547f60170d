import type { ChannelSettings } from "../channel/settings.js";
import type { SteadyTime } from "../clock/steady-time.js";
import type { HouseGrid } from "../time/house-grid.js";
import { type Nanoseconds, nanosecondsFromMs, type Tick } from "../time/units.js";

/**
 * How long a worker may take to hand over its first tick. A process has to begin, to map the bus and to load its decoders on a
 * machine that may be busy; and one that takes over from another leaves ticks to the committer for as long as that may hold.
 */
const startTimeoutNs = nanosecondsFromMs(10_000);

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

/** Whether one worker gets on: from its birth to its first tick it has longer than from each tick to the next. */
export class WorkerProgress {
  readonly #options: WorkerProgressOptions;
  readonly #bornAt: Nanoseconds;
  #submitted: number;
  /** When it handed something over last, or had nothing to do yet. */
  #at: Nanoseconds;
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
    if (submitted !== this.#submitted) this.#hasBegun = true;
    else if (this.#hasBegun || !this.#isEarly()) {
      if (unseenNs > 0n) this.#at = (this.#at + unseenNs) as Nanoseconds;
      return;
    }
    this.#submitted = submitted;
    this.#at = now;
  }

  /** True where it is stopped in its tracks, or its loop is stuck: another must do its work. */
  isOverdue(): boolean {
    const { settings, time } = this.#options;
    const { stallTimeoutNs } = settings;
    const silentNsMax = stallTimeoutNs < silenceNsMax ? stallTimeoutNs : silenceNsMax;
    return time.now() - this.#at >= (this.#hasBegun ? silentNsMax : startTimeoutNs);
  }

  /** True while its first tick is farther ahead than the lead: there is nothing to hand over yet. */
  #isEarly(): boolean {
    const { grid, settings, time, from } = this.#options;
    return time.clock.now() < grid.tickTime(from) - settings.leadNsTarget;
  }
}
