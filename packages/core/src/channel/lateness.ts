import type { HouseGrid } from "../time/house-grid.js";
import type { Nanoseconds, Tick } from "../time/units.js";

/** Waiting for a late decoder doubles with each seek that did not help, up to this many times the first. */
const doublingsMax = 4;

/**
 * Decides when a decoder that is late is to be sought ahead, and how far. Each seek that did not help doubles both, so that
 * a decoder whose seeks are slow gets the time it needs instead of being sought again and again.
 */
export class Lateness {
  readonly #grid: HouseGrid;
  readonly #afterNs: Nanoseconds;
  #since: Tick | undefined;
  #picturesThen = 0;
  #doublings = 0;

  /** @param afterNs how long a decoder may be late before the first seek */
  constructor(grid: HouseGrid, afterNs: Nanoseconds) {
    this.#grid = grid;
    this.#afterNs = afterNs;
  }

  /** The decoder is in time again. */
  clear(): void {
    this.#since = undefined;
    this.#doublings = 0;
  }

  /**
   * The decoder missed `tick`, having read `pictures` in all. Returns how many ticks ahead to seek, or undefined while it is to go
   * on. One that reads nothing at all is not late but hangs, which is for the watch over it to say.
   */
  at(tick: Tick, pictures: number): number | undefined {
    if (this.#since === undefined) {
      this.#since = tick;
      this.#picturesThen = pictures;
    }
    if (pictures === this.#picturesThen) return undefined;
    const patienceNs = this.#afterNs << BigInt(this.#doublings);
    if (this.#grid.length(tick - this.#since) < patienceNs) return undefined;
    this.#since = undefined;
    this.#doublings = Math.min(this.#doublings + 1, doublingsMax);
    // Half of what it may take next time: early enough to be of use, late enough to be reached.
    return this.#grid.ticksIn((patienceNs / 2n) as Nanoseconds) + 1;
  }
}
