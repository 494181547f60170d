import type { Tick } from "../time/units.js";
import type { Expectation } from "./committer.js";

/** Entries ahead of the one in force; more are not taken. */
const expectationsAheadMax = 64;

/** What the plan has from each of the next boundaries on. */
export class MemoryExpectations {
  #entries: readonly Expectation[] = [];
  /** Index of the entry in force at the tick last asked for. */
  #at = 0;

  /** Replaces everything from the first new entry's tick on. */
  replace(entries: readonly Expectation[]): void {
    const first = entries[0];
    if (first === undefined) return;
    const kept = this.#entries.slice(this.#at).filter((entry) => entry.firstTick < first.firstTick);
    // The entry in force comes on top of those ahead.
    this.#entries = [...kept, ...entries].slice(0, expectationsAheadMax + 1);
    this.#at = 0;
  }

  /** The entry in force at `tick`; undefined before the first. Ticks are asked for in order. */
  at(tick: Tick): Expectation | undefined {
    let next = this.#entries[this.#at + 1];
    while (next !== undefined && next.firstTick <= tick) next = this.#entries[++this.#at + 1];
    const entry = this.#entries[this.#at];
    return entry !== undefined && entry.firstTick <= tick ? entry : undefined;
  }
}
