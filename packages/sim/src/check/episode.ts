import type { Tick } from "@retrovue/core";

/** Counts for how many ticks one thing has lasted without a break. */
export class Episode {
  #key: string | undefined;
  #at = -1;
  #ticks = 0;

  /** It is over, or never was. */
  end(): void {
    this.#key = undefined;
  }

  /**
   * It is so at this tick; tells for how many ticks it has been, the first counting as none. Another key is another thing.
   *
   * @param isExcused true for a tick that does not count: time goes by, and the thing goes on
   */
  ticks(key: string, tick: Tick, isExcused: boolean): number {
    if (this.#key !== key) {
      this.#key = key;
      this.#ticks = 0;
    } else if (!isExcused) {
      this.#ticks += tick - this.#at;
    }
    this.#at = tick;
    return this.#ticks;
  }
}
