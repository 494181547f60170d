import { type Clock, nanosecondsFromMs, orAbort, PlayoutError, TimeLimit } from "@retrovue/core";

/** Edits of one channel that may wait; one takes a millisecond, and 50 at most where the worker does not answer. */
const waitingMax = 32;

/** What waits for longer has a worker before it that answers nobody: the caller had better ask again. */
const waitNsMax = nanosecondsFromMs(2_000);

/**
 * Lets edits of one channel go one after another, in the order in which they were asked for, whoever asks: while one holds the
 * worker another must not let it go on. Beyond the bound they are refused with `QueueFull`, after the deadline with `Timeout`; an
 * edit whose signal aborts while it waits leaves. What leaves has not begun.
 */
export class EditQueue {
  readonly #clock: Clock;
  #last: Promise<void> = Promise.resolve();
  /** Edits that wait, and the one that is at work. */
  #edits = 0;
  #isClosed = false;

  /** @param clock what the deadline is counted by */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Does an edit in its turn. A failure is its own caller's alone. `WrongState` once the queue is closed. */
  async take<T>(edit: () => Promise<T>, signal: AbortSignal): Promise<T> {
    this.#refuseClosed();
    if (this.#edits > waitingMax) {
      throw new PlayoutError("QueueFull", `${waitingMax} edits of the channel wait already.`, {
        remedy: "Ask again when one of them is done.",
      });
    }
    const before = this.#last;
    const done = Promise.withResolvers<void>();
    this.#last = before.then(() => done.promise);
    const isFirst = this.#edits === 0;
    this.#edits += 1;
    try {
      if (!isFirst) await this.#turn(before, signal);
      this.#refuseClosed();
      return await edit();
    } finally {
      this.#edits -= 1;
      done.resolve();
    }
  }

  /** Nothing more is begun; what is at work ends. */
  close(): void {
    this.#isClosed = true;
  }

  async #turn(before: Promise<void>, signal: AbortSignal): Promise<void> {
    using limit = new TimeLimit(this.#clock, waitNsMax, signal, "waiting for the edits before this one");
    await orAbort(before, limit.signal);
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw new PlayoutError("WrongState", "The channel was stopped meanwhile.");
  }
}
