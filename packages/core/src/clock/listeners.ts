/** Those who want to be told of something, in the order in which they asked. */
export class Listeners<T> {
  readonly #listeners = new Set<{ readonly tell: (value: T) => void }>();

  /** Tells `listener` from now on, until the returned handle is disposed. The same function may be added twice. */
  add(listener: (value: T) => void): Disposable {
    const entry = { tell: listener };
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  /** Tells everyone, also when one throws; the first error is thrown afterwards. */
  tell(value: T): void {
    const failures: unknown[] = [];
    for (const { tell } of [...this.#listeners]) {
      try {
        tell(value);
      } catch (thrown) {
        failures.push(thrown);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
