/** Anything a timer takes; it does nothing when it fires. */
const idleMs = 2 ** 30;

/**
 * Keeps the process alive until disposed. The timers of `NodeHostTime` do not, so that a clock never holds up an end; what
 * waits for nothing but time would otherwise end with the event loop.
 */
export class ProcessHold implements Disposable {
  readonly #handle = setInterval(() => {}, idleMs);

  [Symbol.dispose](): void {
    clearInterval(this.#handle);
  }
}
