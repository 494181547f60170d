/** How waits between attempts grow. */
export interface BackoffOptions {
  /** Milliseconds before the second attempt, at most. Default 200. */
  readonly firstMs?: number;
  /** Longest wait, milliseconds. Default 10 000. */
  readonly longestMs?: number;
  /** Numbers from 0 to 1, 1 excluded. Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * Waits that double, each somewhere between half of that and all of it: schedulers that lost the same engine do not come
 * back all at once.
 */
export class Backoff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #random: () => number;
  #attempts = 0;

  constructor({ firstMs = 200, longestMs = 10_000, random = Math.random }: BackoffOptions = {}) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#random = random;
  }

  /** How long to wait before the next attempt, milliseconds. */
  next(): number {
    const full = Math.min(this.#longestMs, this.#firstMs * 2 ** this.#attempts);
    this.#attempts += 1;
    return full / 2 + (full / 2) * this.#random();
  }

  /** An attempt succeeded: the next failure begins at the first wait again. */
  reset(): void {
    this.#attempts = 0;
  }
}

/** Resolves after a while, or at once when the signal aborts. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}
