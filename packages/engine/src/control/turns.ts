/**
 * Lets work on one channel go one after another, in the order in which it was asked for; work on different channels runs
 * side by side. A failure is its own caller's alone.
 */
export class Turns {
  readonly #last = new Map<number, Promise<unknown>>();

  async take<T>(id: number, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(id);
    const mine = (async () => {
      await before?.catch(() => {});
      return await work();
    })();
    this.#last.set(id, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(id) === mine) this.#last.delete(id);
    }
  }
}
