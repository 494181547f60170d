import type { HouseGrid } from "../time/house-grid.js";
import type { Nanoseconds, Tick } from "../time/units.js";
import type { ChannelSettings } from "./settings.js";

/**
 * The share of the target lead that the ticks of one turn take at most: with what a channel waits before it calls the next decoder
 * (`LeadWatch`), three fifths of 500 ms are left to that one.
 */
const leadShare = 7n;

/**
 * Ticks are made some at a time: the process wakes once for a turn of them, which costs half of what a wake for each does, whose
 * caches are cold each time. A turn comes when the last of its ticks reaches the target lead, so that none is ever
 * farther ahead than that. Turns lie at the same ticks for every worker of a channel.
 */
export class Turns {
  readonly #grid: HouseGrid;
  readonly #leadNs: Nanoseconds;
  /** Ticks of a turn; at least one. */
  readonly ticks: number;

  constructor(grid: HouseGrid, settings: Pick<ChannelSettings, "leadNsTarget" | "leadNsMin" | "turnNs">) {
    const { leadNsTarget, leadNsMin, turnNs } = settings;
    this.#grid = grid;
    this.#leadNs = leadNsTarget;
    // Between two turns the lead sinks by as much: well above what would count as buffering.
    const longest = [turnNs, leadNsTarget / leadShare, (leadNsTarget - leadNsMin) / 2n];
    const rounded = longest.reduce((a, b) => (a < b ? a : b)) + grid.length(1) / 2n;
    this.ticks = Math.max(1, grid.ticksIn(rounded as Nanoseconds));
  }

  /** The last tick of the turn that a tick is made in. */
  lastOf(tick: Tick): Tick {
    return (tick - (tick % this.ticks) + this.ticks - 1) as Tick;
  }

  /** House time at which a tick's turn comes. */
  dueAt(tick: Tick): Nanoseconds {
    return (this.#grid.tickTime(this.lastOf(tick)) - this.#leadNs) as Nanoseconds;
  }
}
