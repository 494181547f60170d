/** Real time, for reports only: nothing in a simulated world may depend on it. */
export class Stopwatch {
  readonly #began = performance.now();

  /** Since it was made. */
  get elapsedMs(): number {
    return performance.now() - this.#began;
  }
}
