import type { Place } from "../plan/place.js";
import type { Tick } from "../time/units.js";

/**
 * What a worker finds on the bus when it takes over from another: the last picture that was shown, which it has not but the
 * committer can hold. Ticks of the same airing are left to the committer until there is something better, for as long as a hold
 * may last: a slate handed over would end it.
 */
export class Inheritance {
  readonly #head: Tick;
  readonly #until: number;

  /**
   * @param head the last tick on the bus
   * @param first the first tick that is for the new worker to make
   * @param holdTicksMax how long a hold may last
   */
  constructor(head: Tick, first: Tick, holdTicksMax: number) {
    this.#head = head;
    this.#until = first + holdTicksMax;
  }

  /** True where the committer may have the airing's last picture. */
  has(n: Tick, place: Place): boolean {
    return place.in === "segment" && place.first <= this.#head && n < this.#until;
  }
}
