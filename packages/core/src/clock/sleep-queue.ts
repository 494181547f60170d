import { PlayoutError } from "../errors/playout-error.js";
import type { Nanoseconds } from "../time/units.js";

interface Sleeper {
  readonly at: Nanoseconds;
  /** Counts sleepers, so that those of one instant wake in the order in which they came. */
  readonly order: number;
  /** Place in the heap; −1 once out of it. */
  index: number;
  readonly wake: () => void;
  readonly fail: (error: PlayoutError) => void;
}

/**
 * Those who wait for house times: a binary heap by time, then by arrival. Adding, waking and cancelling are O(log n), and
 * a cancelled sleeper is gone at once, so that long waits given up early leave nothing behind.
 */
export class SleepQueue {
  readonly #heap: Sleeper[] = [];
  #arrivals = 0;
  #closed = false;

  /** How many sleep. */
  get size(): number {
    return this.#heap.length;
  }

  /** When the first will be woken; undefined if nobody sleeps. */
  get earliest(): Nanoseconds | undefined {
    return this.#heap[0]?.at;
  }

  /** Pending until `wakeUntil(at)` or later; rejects as `Clock.sleepUntil` does. */
  add(at: Nanoseconds, signal: AbortSignal): Promise<void> {
    if (this.#closed) return Promise.reject(closed());
    if (signal.aborted) return Promise.reject(PlayoutError.from(signal.reason, "Cancelled"));
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#remove(sleeper);
        reject(PlayoutError.from(signal.reason, "Cancelled"));
      };
      const sleeper: Sleeper = {
        at,
        order: this.#arrivals++,
        index: -1,
        wake: () => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        },
        fail: (error) => {
          signal.removeEventListener("abort", onAbort);
          reject(error);
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#insert(sleeper);
    });
  }

  /** Wakes everyone whose time is at or before `now`, earliest first. Their promises resolve after this returns. */
  wakeUntil(now: Nanoseconds): void {
    for (let first = this.#heap[0]; first && first.at <= now; first = this.#heap[0]) {
      this.#remove(first);
      first.wake();
    }
  }

  /** Rejects all sleepers, and all who come later, with `Closed`. */
  close(): void {
    this.#closed = true;
    for (const sleeper of this.#heap.splice(0).sort((a, b) => a.order - b.order)) {
      sleeper.index = -1;
      sleeper.fail(closed());
    }
  }

  #insert(sleeper: Sleeper): void {
    this.#put(sleeper, this.#heap.length);
    this.#rise(sleeper);
  }

  #remove(sleeper: Sleeper): void {
    const { index } = sleeper;
    if (index < 0) return;
    sleeper.index = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === sleeper) return;
    this.#put(last, index);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(sleeper: Sleeper): void {
    for (;;) {
      const parent = this.#heap[(sleeper.index - 1) >> 1];
      if (sleeper.index === 0 || parent === undefined || !isBefore(sleeper, parent)) return;
      this.#swap(sleeper, parent);
    }
  }

  #sink(sleeper: Sleeper): void {
    for (;;) {
      const left = this.#heap[2 * sleeper.index + 1];
      const right = this.#heap[2 * sleeper.index + 2];
      const child = left && right && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, sleeper)) return;
      this.#swap(child, sleeper);
    }
  }

  #swap(upward: Sleeper, downward: Sleeper): void {
    const index = upward.index;
    this.#put(upward, downward.index);
    this.#put(downward, index);
  }

  #put(sleeper: Sleeper, index: number): void {
    this.#heap[index] = sleeper;
    sleeper.index = index;
  }
}

const isBefore = (a: Sleeper, b: Sleeper): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

const closed = () => new PlayoutError("Closed", "The clock was closed; nobody can wait for it any more.");
