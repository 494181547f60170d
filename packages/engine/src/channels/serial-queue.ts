import { type Clock, type Nanoseconds, orAbort, PlayoutError, TimeLimit } from "@retrovue/core";

/** Pieces of work that may wait; an edit takes a millisecond, and 50 at most where the worker does not answer. */
const waitingMax = 32;

/** What a queue is for. */
export interface SerialQueueOptions {
  /** What the deadline is counted by; borrowed. */
  readonly clock: Clock;
  /** What it is that waits, for errors: "edits". */
  readonly work: string;
  /** Who has waited for so long had better ask again: what is before it answers nobody. */
  readonly waitNsMax: Nanoseconds;
}

/**
 * Lets work on one channel go one after another, in the order in which it was asked for, whoever asks. Beyond 32 that wait it is
 * refused with `QueueFull`, after the deadline with `Timeout`; what is waiting when its signal aborts leaves. What leaves has not begun.
 */
export class SerialQueue {
  readonly #options: SerialQueueOptions;
  #last: Promise<void> = Promise.resolve();
  /** What waits, and the one that is at work. */
  #asked = 0;
  #isClosed = false;

  constructor(options: SerialQueueOptions) {
    this.#options = options;
  }

  /** True where nothing is at work and nothing waits. */
  get isIdle(): boolean {
    return this.#asked === 0;
  }

  /** Does a piece of work when all before it is done. A failure is its own caller's alone. `WrongState` once the queue is closed. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    this.#refuseClosed();
    if (this.#asked > waitingMax) {
      throw new PlayoutError(
        "QueueFull",
        `${waitingMax} ${this.#options.work} of the channel wait already.`,
        {
          remedy: "Ask again when one of them is done.",
        },
      );
    }
    const before = this.#last;
    const done = Promise.withResolvers<void>();
    this.#last = before.then(() => done.promise);
    const isFirst = this.isIdle;
    this.#asked += 1;
    try {
      if (!isFirst) await this.#waitFor(before, signal);
      this.#refuseClosed();
      return await work();
    } finally {
      this.#asked -= 1;
      done.resolve();
    }
  }

  /** Nothing more is begun; what is at work ends. */
  close(): void {
    this.#isClosed = true;
  }

  async #waitFor(before: Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, waitNsMax, work } = this.#options;
    using limit = new TimeLimit(clock, waitNsMax, signal, `waiting for the ${work} before this one`);
    await orAbort(before, limit.signal);
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw new PlayoutError("WrongState", "The channel was stopped meanwhile.");
  }
}
