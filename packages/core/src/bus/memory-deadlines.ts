import type { Clock } from "../clock/clock.js";
import type { HouseGrid } from "../time/house-grid.js";
import type { Nanoseconds, Tick } from "../time/units.js";

/** Which ticks are due, late and within the lead: worked out again only when the clock has moved. */
export class MemoryDeadlines {
  /** The last tick whose guard time has come. */
  dueThrough = -1;
  /** The last tick whose own time has passed. */
  lateThrough = -1;
  /** The last tick that may be submitted. */
  leadThrough = -1;
  #now = -1n as Nanoseconds;

  constructor(
    private readonly deps: {
      readonly clock: Clock;
      readonly grid: HouseGrid;
      readonly guardNs: Nanoseconds;
      readonly leadTicks: number;
    },
  ) {}

  /** Reads the clock. */
  look(): void {
    const { clock, grid, guardNs, leadTicks } = this.deps;
    const now = clock.now();
    if (now === this.#now) return;
    this.#now = now;
    this.dueThrough = grid.tickAtOrBefore((now + guardNs) as Nanoseconds);
    this.lateThrough = grid.tickAtOrBefore((now - 1n) as Nanoseconds);
    this.leadThrough = grid.tickAtOrBefore(now) + leadTicks;
  }

  /** Resolves when `tick` must be on the bus, whoever hands it over. */
  due(tick: Tick, signal: AbortSignal): Promise<void> {
    const { clock, grid, guardNs } = this.deps;
    return clock.sleepUntil((grid.tickTime(tick) - guardNs) as Nanoseconds, signal);
  }
}
