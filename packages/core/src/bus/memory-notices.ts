/**
 * Tells listeners of what happened, in order and never inside the call that caused it: as with the native bus, a
 * listener that calls back finds everything settled.
 */
export class MemoryNotices<T> {
  readonly #listeners = new Set<(notice: T) => void>();
  #queue: T[] = [];

  listen(listener: (notice: T) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Nobody listening: nothing kept. */
  post(notice: T): void {
    if (this.#listeners.size === 0) return;
    if (this.#queue.push(notice) === 1) queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    const notices = this.#queue;
    this.#queue = [];
    for (const notice of notices) for (const listener of [...this.#listeners]) listener(notice);
  }
}
