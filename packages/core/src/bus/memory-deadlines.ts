import type { Clock } from "../clock/clock.js";
import type { HouseGrid } from "../time/house-grid.js";
import type { Nanoseconds, Tick } from "../time/units.js";

/** Which ticks are due, late and within the lead: worked out again only when the clock has reached the next one. House time never steps back. */
export class MemoryDeadlines {
  /** The last tick whose guard time has come. */
  dueThrough = -1;
  /** The last tick that may be submitted. */
  leadThrough = -1;
  #now = -1n as Nanoseconds;
  /** When the next tick's guard time, and its own, will have come: until then there is nothing to work out. */
  #dueUntil = -1n as Nanoseconds;
  #headUntil = -1n as Nanoseconds;

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
    if (now >= this.#dueUntil) {
      this.dueThrough = grid.tickAtOrBefore((now + guardNs) as Nanoseconds);
      this.#dueUntil = (grid.tickTime((this.dueThrough + 1) as Tick) - guardNs) as Nanoseconds;
    }
    if (now >= this.#headUntil) {
      const head = grid.tickAtOrBefore(now);
      this.leadThrough = head + leadTicks;
      this.#headUntil = grid.tickTime((head + 1) as Tick);
    }
  }

  /** True where the tick's own time had passed when the clock was last read. */
  isLate(tick: Tick): boolean {
    const head = this.leadThrough - this.deps.leadTicks;
    return tick < head || (tick === head && this.deps.grid.tickTime(tick) < this.#now);
  }

  /** Resolves when `tick` must be on the bus, whoever hands it over. */
  due(tick: Tick, signal: AbortSignal): Promise<void> {
    const { clock, grid, guardNs } = this.deps;
    return clock.sleepUntil((grid.tickTime(tick) - guardNs) as Nanoseconds, signal);
  }
}
