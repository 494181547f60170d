import { PlayoutError } from "../errors/playout-error.js";
import type { Nanoseconds } from "../time/units.js";

interface Sleeper {
  readonly at: Nanoseconds;
  /** Counts sleepers, so that those of one instant wake in the order in which they came. */
  readonly order: number;
  /** Place in the heap; −1 once out of it. */
  index: number;
  readonly resolve: () => void;
  readonly reject: (error: PlayoutError) => void;
  /** All who sleep under the same signal, this one among them. */
  readonly fellows: Set<Sleeper>;
}

/**
 * Those who wait for house times: a binary heap by time, then by arrival. Adding, waking and cancelling are O(log n), and
 * a cancelled sleeper is gone at once, so that long waits given up early leave nothing behind. Each signal is listened to once,
 * for as long as it lives: a loop that sleeps once a tick under one signal would else spend most of its time on listeners.
 */
export class SleepQueue {
  readonly #heap: Sleeper[] = [];
  readonly #bySignal = new WeakMap<AbortSignal, Set<Sleeper>>();
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
      const fellows = this.#under(signal);
      const sleeper: Sleeper = { at, order: this.#arrivals++, index: -1, resolve, reject, fellows };
      fellows.add(sleeper);
      this.#insert(sleeper);
    });
  }

  /** Wakes everyone whose time is at or before `now`, earliest first. Their promises resolve after this returns. */
  wakeUntil(now: Nanoseconds): void {
    for (let first = this.#heap[0]; first && first.at <= now; first = this.#heap[0]) {
      this.#remove(first);
      first.resolve();
    }
  }

  /** Rejects all sleepers, and all who come later, with `Closed`. */
  close(): void {
    this.#closed = true;
    for (const sleeper of this.#heap.splice(0).sort((a, b) => a.order - b.order)) {
      sleeper.index = -1;
      sleeper.fellows.delete(sleeper);
      sleeper.reject(closed());
    }
  }

  /** Who sleeps under a signal; its end is theirs. */
  #under(signal: AbortSignal): Set<Sleeper> {
    const known = this.#bySignal.get(signal);
    if (known !== undefined) return known;
    const fellows = new Set<Sleeper>();
    this.#bySignal.set(signal, fellows);
    const onAbort = () => {
      for (const sleeper of fellows) {
        this.#remove(sleeper);
        sleeper.reject(PlayoutError.from(signal.reason, "Cancelled"));
      }
    };
    signal.addEventListener("abort", onAbort, { once: true });
    return fellows;
  }

  #insert(sleeper: Sleeper): void {
    this.#put(sleeper, this.#heap.length);
    this.#rise(sleeper);
  }

  #remove(sleeper: Sleeper): void {
    const { index } = sleeper;
    if (index < 0) return;
    sleeper.index = -1;
    sleeper.fellows.delete(sleeper);
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
