/**
 * Lets one loop sleep until somebody has work for it. A notification without a sleeper is not kept: the loop looks at its
 * state first and sleeps only when there is nothing to do, and nothing runs in between.
 */
export class Wake {
  #resolve: (() => void) | undefined;

  /** Pending until the next `notify`. One waiter at a time. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  notify(): void {
    const resolve = this.#resolve;
    if (resolve === undefined) return;
    this.#resolve = undefined;
    resolve();
  }
}
