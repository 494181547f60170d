/** From a wish for a picture that lies ready with its decoder to its being there it takes some ten microtasks. */
const hopsMax = 32;

/**
 * Lets one loop sleep until somebody has work for it. A notification without a sleeper is not kept: the loop looks at its
 * state first and sleeps only when there is nothing to do, and nothing runs in between.
 */
export class Wake {
  #resolve: (() => void) | undefined;
  #notified = 0;

  /**
   * Lets promises settle that others wait for. True as soon as somebody notifies, so that the state is worth another look; false where
   * nobody did: what is to come then needs more than this turn of the event loop. Whoever was told false looks at its state once more
   * before it sleeps, since microtasks of others run before it goes on.
   */
  async settles(): Promise<boolean> {
    const before = this.#notified;
    for (let hop = 0; hop < hopsMax; hop++) {
      await undefined;
      if (this.#notified !== before) return true;
    }
    return false;
  }

  /** Pending until the next `notify`. One waiter at a time. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  notify(): void {
    this.#notified += 1;
    const resolve = this.#resolve;
    if (resolve === undefined) return;
    this.#resolve = undefined;
    resolve();
  }
}
