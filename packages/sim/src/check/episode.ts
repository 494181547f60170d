import type { Tick } from "@retrovue/core";

/** Counts for how many ticks one thing has lasted without a break. */
export class Episode {
  #from: Tick | undefined;
  #key = "";

  /** It is over, or never was. */
  end(): void {
    this.#from = undefined;
  }

  /** It is so at this tick; tells for how many ticks it has been, the first counting as none. Another key is another thing. */
  ticks(key: string, tick: Tick): number {
    if (this.#from === undefined || this.#key !== key) {
      this.#from = tick;
      this.#key = key;
    }
    return tick - this.#from;
  }
}
