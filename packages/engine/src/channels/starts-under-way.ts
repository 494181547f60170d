import { orAbort } from "@retrovue/core";

interface StartUnderWay<T> {
  readonly done: Promise<T>;
  /** That of whoever made it. */
  readonly signal: AbortSignal | undefined;
}

/** Starts of channels that have begun and not ended, so that two never make one channel twice. */
export class StartsUnderWay<T> {
  readonly #starts = new Map<number, StartUnderWay<T>>();

  /** Ids of the channels. */
  get ids(): readonly number[] {
    return [...this.#starts.keys()];
  }

  has(id: number): boolean {
    return this.#starts.has(id);
  }

  /** Makes a start where none is under way. */
  make(id: number, start: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const done = start().finally(() => this.#starts.delete(id));
    this.#starts.set(id, { done, signal });
    return done;
  }

  /**
   * Waits for the start that is under way, and rejects as it does, or when the signal aborts. Undefined where there is none, and
   * where whoever made it left: that is no failure of those who joined it.
   */
  async join(id: number, signal: AbortSignal | undefined): Promise<T | undefined> {
    const under = this.#starts.get(id);
    if (under === undefined) return undefined;
    try {
      return await within(under.done, signal);
    } catch (thrown) {
      if (under.signal?.aborted === true && signal?.aborted !== true) return undefined;
      throw thrown;
    }
  }

  /** Resolves when no start of the channel is under way, however it ended. Rejects when the signal aborts. */
  async settled(id: number, signal: AbortSignal | undefined): Promise<void> {
    for (let under = this.#starts.get(id); under !== undefined; under = this.#starts.get(id)) {
      const ended = under.done.then(
        () => {},
        () => {},
      );
      await within(ended, signal);
    }
  }
}

const within = <T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> =>
  signal === undefined ? work : orAbort(work, signal);
