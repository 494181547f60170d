import type { HouseGrid } from "./house-grid.js";
import { type Nanoseconds, type Tick, tickAfter } from "./units.js";

/** The next piece of work of something that runs once a tick. */
export interface Deadline {
  readonly tick: Tick;
  /** When the tick is due: on the grid, whatever happened before. At or before `now` means at once. */
  readonly at: Nanoseconds;
  /** Ticks between the last one done and this one, their time over; 0 when on time. */
  readonly missed: number;
}

/**
 * What to wait for after tick `done`: the tick after it, or, if that one's time is over by now, the one that is on air.
 * So a late tick is followed neither by a burst of overdue ones nor by a grid shifted by its lateness.
 */
export function nextDeadline(grid: HouseGrid, done: Tick, now: Nanoseconds): Deadline {
  const following = tickAfter(done, 1);
  const running = grid.tickAtOrBefore(now);
  const tick = Math.max(running, following) as Tick;
  return { tick, at: grid.tickTime(tick), missed: tick - following };
}
