/** A seeded source of whole numbers (splitmix32): the same seed gives the same numbers everywhere. */
export class Random {
  #state: number;

  constructor(...seeds: readonly number[]) {
    this.#state = 0x9e3779b9;
    for (const seed of seeds) this.#state = (this.#next() ^ seed) >>> 0;
  }

  /** From 0 to `end`, which is left out. */
  below(end: number): number {
    return Math.floor((this.#next() / 2 ** 32) * end);
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.below(from.length)];
    if (picked === undefined) throw new RangeError("There is nothing to pick from.");
    return picked;
  }

  /** In place (Fisher–Yates). */
  shuffle(numbers: Float64Array): void {
    for (let i = numbers.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const held = numbers[i]!;
      numbers[i] = numbers[j]!;
      numbers[j] = held;
    }
  }

  #next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  }
}
