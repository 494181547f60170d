import type { Clock } from "../clock/clock.js";
import type { HouseGrid } from "../time/house-grid.js";
import { type Nanoseconds, nanosecondsFromMs, type Tick } from "../time/units.js";
import type { ChannelSettings } from "./settings.js";
import type { Turns } from "./turns.js";

/** What a watch works with. */
export interface LeadWatchOptions {
  readonly grid: HouseGrid;
  readonly settings: ChannelSettings;
  readonly clock: Clock;
  readonly turns: Turns;
}

/**
 * How much of what there is to lose may be lost before the next decoder is called. Software takes 100 to 300 ms to open and seek, and
 * at the default lead 400 ms can be lost in all, and less by what a turn takes: a tenth of that is what a decoder of pictures ahead does
 * not lose by itself, and leaves the next one its 300 ms.
 */
const hasteShare = 10n;

/** One that was called for nothing is not called again for so long: on a machine that is short of time it would only take more. */
const restNs = nanosecondsFromMs(5_000);

/**
 * Tells a decoder that loses its lead, be it by hanging or by being slower than the clock, from one that has none yet: the lead is
 * measured against the greatest that this decoder has had. The ticks of a turn are counted as if they were made one by one, from the
 * turn on: neither what the first of them has less, nor the time of a tick that each of the others may take, is a decoder's loss.
 */
export class LeadWatch {
  readonly #options: LeadWatchOptions;
  readonly #hasteNs: bigint;
  /** Undefined until the decoder has delivered. */
  #greatestNs: bigint | undefined;
  #notBefore: Nanoseconds | undefined;
  /** The last tick that was delivered. */
  #last: Tick | undefined;
  /** The lead that it had. */
  #lastLeadNs = 0n;
  #looked: Tick | undefined;

  constructor(options: LeadWatchOptions) {
    this.#options = options;
    const { leadNsTarget, guardNs } = options.settings;
    this.#hasteNs = (leadNsTarget - guardNs - options.grid.length(options.turns.ticks)) / hasteShare;
  }

  /** Another decoder is at work. */
  begin(): void {
    this.#greatestNs = undefined;
    this.#last = undefined;
  }

  /**
   * A tick is looked at. What is gone of the lead when its turn comes, beyond what the tick before it left, was lost by a process that
   * stood still and not by the decoder: it is not counted against that.
   */
  look(tick: Tick): void {
    if (tick === this.#looked) return;
    this.#looked = tick;
    if (this.#last === undefined || this.#greatestNs === undefined) return;
    const { grid, settings } = this.#options;
    const leftNs = this.#lastLeadNs + grid.tickTime(tick) - grid.tickTime(this.#last);
    const dueNs = leftNs < settings.leadNsTarget ? leftNs : settings.leadNsTarget;
    const lostNs = dueNs - this.#leadNs(tick);
    if (lostNs > 0n) this.#greatestNs -= lostNs;
  }

  /** A tick aired as it should. True where the lead is back, so that nobody else is needed. */
  delivered(tick: Tick): boolean {
    const leadNs = this.#leadNs(tick);
    this.#last = tick;
    this.#lastLeadNs = leadNs;
    if (this.#greatestNs === undefined || leadNs > this.#greatestNs) this.#greatestNs = leadNs;
    return leadNs >= this.#greatestNs - this.#hasteNs / 2n;
  }

  /** When a tick that is waited for has lost too much of the lead. */
  hasteAt(tick: Tick): Nanoseconds | undefined {
    if (this.#greatestNs === undefined) return undefined;
    return (this.#countedTime(tick) - this.#greatestNs + this.#hasteNs) as Nanoseconds;
  }

  /** True where it has lost it. */
  isShrinking(tick: Tick): boolean {
    return this.#greatestNs !== undefined && this.#leadNs(tick) <= this.#greatestNs - this.#hasteNs;
  }

  /** False for a while after the next decoder was called. */
  mayCall(): boolean {
    return this.#notBefore === undefined || this.#options.clock.now() >= this.#notBefore;
  }

  /** The next decoder was called. */
  called(): void {
    this.#notBefore = (this.#options.clock.now() + restNs) as Nanoseconds;
  }

  #leadNs(tick: Tick): bigint {
    const { clock, settings } = this.#options;
    const leadNs = this.#countedTime(tick) - clock.now();
    return leadNs < settings.leadNsTarget ? leadNs : settings.leadNsTarget;
  }

  /** The tick's time, as far behind its own as the last of a turn is behind the first. */
  #countedTime(tick: Tick): bigint {
    const { grid, turns } = this.#options;
    return grid.tickTime(tick) + grid.length(turns.ticks - 1);
  }
}
