import {
  type Clock,
  type ClockHealth,
  type ClockMapping,
  type Nanoseconds,
  nanoseconds,
  PlayoutError,
} from "@retrovue/core";

interface Sleeper {
  readonly at: Nanoseconds;
  readonly wake: () => void;
}

/** Time that stands still until it is set. */
export class BenchClock implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  #now: Nanoseconds;
  #sequence = 1;

  constructor(start: Nanoseconds) {
    this.#now = start;
  }

  /** Moves time forward and wakes whoever waited for it. */
  set(now: Nanoseconds): void {
    if (now < this.#now) throw new RangeError(`House time never steps back: ${now} is before ${this.#now}.`);
    this.#now = now;
    this.#sequence++;
    const due = [...this.#sleepers].filter((sleeper) => sleeper.at <= now);
    for (const sleeper of due.sort((a, b) => (a.at < b.at ? -1 : 1))) sleeper.wake();
  }

  now(): Nanoseconds {
    return this.#now;
  }

  sleepUntil(at: Nanoseconds, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(PlayoutError.from(signal.reason, "Cancelled"));
    if (at <= this.#now) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#sleepers.delete(sleeper);
        reject(PlayoutError.from(signal.reason, "Cancelled"));
      };
      const sleeper: Sleeper = {
        at,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      signal.addEventListener("abort", onAbort);
      this.#sleepers.add(sleeper);
    });
  }

  mapping(): ClockMapping {
    return {
      sequence: this.#sequence,
      monoAnchor: nanoseconds(0n),
      houseAnchor: this.#now,
      ratePpb: -1_000_000_000,
    };
  }

  /** The bench tells its committers itself. */
  onMapping(): Disposable {
    return { [Symbol.dispose]: () => {} };
  }

  health(): ClockHealth {
    return {
      source: "manual",
      state: "locked",
      offsetNs: nanoseconds(0n),
      driftPpm: 0,
      jitterNsP95: nanoseconds(0n),
      corrections: this.#sequence,
      alarm: false,
    };
  }
}
