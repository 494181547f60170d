import type { HostTime, Nanoseconds, Timer } from "@retrovue/core";

/** Each so many times the event loop itself gets a turn: for finalizers, signals, and a terminal that wants to be read. */
const loopTurnEvery = 256;

interface Entry {
  readonly due: bigint;
  readonly wake: () => void;
}

/**
 * A host whose time passes only when told: the monotonic clock, the UTC clock that may be stepped, and the timers of a whole
 * simulated machine. Nothing in it depends on real time, so a run can be repeated to the bit.
 */
export class VirtualHost implements HostTime {
  #mono: bigint;
  #utcAhead: bigint;
  #settled = 0;
  /** Sorted by due time, then by arrival; a handful at most. */
  readonly #entries: Entry[] = [];
  readonly timer: Timer = { after: (delay, wake) => this.#after(delay, wake) };

  /** @param utc house time at which the simulation begins */
  constructor(utc: Nanoseconds) {
    // A host that has been up for a while, so that the two clocks are never mistaken for one another.
    this.#mono = 86_400_000_000_000n;
    this.#utcAhead = utc - this.#mono;
  }

  monotonic(): Nanoseconds {
    return this.#mono as Nanoseconds;
  }

  utc(): Nanoseconds {
    return (this.#mono + this.#utcAhead) as Nanoseconds;
  }

  /** An operator or NTP sets the clock. */
  stepUtc(by: bigint): void {
    this.#utcAhead += by;
  }

  /** The whole machine stands still for so long: time has passed and nothing was run. */
  stall(length: bigint): void {
    this.#mono += length;
  }

  /** Lets the next timer that is due by `until` fire; false where there is none: time is then `until`. */
  step(until: Nanoseconds): boolean {
    const first = this.#entries[0];
    if (first !== undefined && first.due <= (this.#mono > until ? this.#mono : until)) {
      this.#entries.shift();
      if (first.due > this.#mono) this.#mono = first.due;
      first.wake();
      return true;
    }
    if (this.#mono < until) this.#mono = until;
    return false;
  }

  /**
   * Lets everything that can go on without time go on. A tick callback comes when no promise is left to be settled, which is sooner
   * than the event loop's next turn; nothing in the simulation waits for anything outside of it.
   */
  settle(): Promise<void> {
    this.#settled += 1;
    if (this.#settled % loopTurnEvery === 0) return new Promise((resolve) => setImmediate(resolve));
    return new Promise((resolve) => process.nextTick(resolve));
  }

  #after(delay: Nanoseconds, wake: () => void): Disposable {
    const entry: Entry = { due: this.#mono + delay, wake };
    const entries = this.#entries;
    let at = entries.length;
    while (at > 0 && (entries[at - 1] as Entry).due > entry.due) at--;
    entries.splice(at, 0, entry);
    return {
      [Symbol.dispose]: () => {
        const index = entries.indexOf(entry);
        if (index >= 0) entries.splice(index, 1);
      },
    };
  }
}
