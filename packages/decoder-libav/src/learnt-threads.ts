/** Assets remembered: more than a channel has in reach at one time. */
const assetsMax = 256;

/** How many threads assets took that one did not keep up with, so that their next opening begins with as many. */
export class LearntThreads {
  readonly #byUri = new Map<string, number>();

  /** 0 where nothing is known. */
  of(uri: string): number {
    return this.#byUri.get(uri) ?? 0;
  }

  /** @param threads 0 where nothing was learnt, which changes nothing */
  learn(uri: string, threads: number): void {
    if (threads === 0) return;
    this.#byUri.delete(uri);
    // One is where every asset begins.
    if (threads === 1) return;
    this.#byUri.set(uri, threads);
    const [oldest] = this.#byUri.keys();
    if (this.#byUri.size > assetsMax && oldest !== undefined) this.#byUri.delete(oldest);
  }
}
