import type { HouseGrid } from "../time/house-grid.js";
import type { Nanoseconds, Tick } from "../time/units.js";
import type { ChannelSettings } from "./settings.js";

/**
 * The share of the target lead that the ticks of one turn take. A fifth (100 ms of 500) is a third of the wakes at 29.97 fps,
 * and leaves four fifths at the least, where a takeover by another decoder needs three.
 */
const leadShare = 5n;

/**
 * Ticks are made some at a time: the process wakes once for a turn of them, which costs a third of what a wake for each does, whose
 * caches are cold each time. A turn comes when the last of its ticks reaches the target lead, so that none is ever
 * farther ahead than that. Turns lie at the same ticks for every worker of a channel.
 */
export class Turns {
  readonly #grid: HouseGrid;
  readonly #leadNs: Nanoseconds;
  /** Ticks of a turn; at least one. */
  readonly ticks: number;

  constructor(grid: HouseGrid, { leadNsTarget }: Pick<ChannelSettings, "leadNsTarget">) {
    this.#grid = grid;
    this.#leadNs = leadNsTarget;
    const rounded = leadNsTarget / leadShare + grid.length(1) / 2n;
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
