/**
 * Those who wait for the next change of something. Each keeps nothing here but its own wait, however long the others stay: one
 * promise for all would hold what every one of them once asked it.
 */
export class WakeList {
  readonly #waiting = new Set<() => void>();

  /**
   * Resolves with the next `wake`, or when the signal aborts; at once where it has. It never rejects.
   *
   * @param alsoBy is handed what ends this wait alone, for one more thing that may
   */
  next(signal: AbortSignal, alsoBy?: (end: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#waiting.delete(end);
        signal.removeEventListener("abort", end);
        resolve();
      };
      this.#waiting.add(end);
      signal.addEventListener("abort", end, { once: true });
      alsoBy?.(end);
      if (signal.aborted) end();
    });
  }

  /** Ends the waits that have begun. */
  wake(): void {
    for (const end of [...this.#waiting]) end();
  }
}
