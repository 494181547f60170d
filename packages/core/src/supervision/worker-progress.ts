import type { ChannelSettings } from "../channel/settings.js";
import type { SteadyTime } from "../clock/steady-time.js";
import type { HouseGrid } from "../time/house-grid.js";
import { type Nanoseconds, nanosecondsFromMs, type Tick } from "../time/units.js";

/**
 * How long a worker may take to hand over its first tick. A process has to begin, to map the bus and to load its decoders on a
 * machine that may be busy; and one that takes over from another leaves ticks to the committer for as long as that may hold.
 */
const startTimeoutNs = nanosecondsFromMs(10_000);

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
  #hasBegun = false;

  constructor(options: WorkerProgressOptions) {
    this.#options = options;
    this.#submitted = options.submitted;
    this.#bornAt = options.time.now();
    this.#at = this.#bornAt;
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

  /** So many ticks have been handed over in all. */
  note(submitted: number): void {
    const { time } = this.#options;
    if (submitted !== this.#submitted) this.#hasBegun = true;
    else if (this.#hasBegun || !this.#isEarly()) return;
    this.#submitted = submitted;
    this.#at = time.now();
  }

  /** True where it is stopped in its tracks, or its loop is stuck: another must do its work. */
  isOverdue(): boolean {
    const { settings, time } = this.#options;
    const patienceNs = this.#hasBegun ? settings.stallTimeoutNs : startTimeoutNs;
    return time.now() - this.#at >= patienceNs;
  }

  /** True while its first tick is farther ahead than the lead: there is nothing to hand over yet. */
  #isEarly(): boolean {
    const { grid, settings, time, from } = this.#options;
    return time.clock.now() < grid.tickTime(from) - settings.leadNsTarget;
  }
}
