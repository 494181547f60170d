import type { Clock } from "../clock/clock.js";
import { SteadyTime } from "../clock/steady-time.js";
import { PlayoutError } from "../errors/playout-error.js";
import { nanosecondsFromMs } from "../time/units.js";

/** How often a sign is given: several times in the two seconds in which one has to come, and a message is all that it costs. */
const everyNs = nanosecondsFromMs(250);

/** Why it ends: one for all, since nobody sees it. */
const over = new PlayoutError("Cancelled", "No sign of life is needed any more.");

/**
 * Says for a worker that it lives, until it is disposed: at once and from then on four times a second. For the time until its first
 * tick, from which on its ticks say so. They come by the worker's own event loop, so that none comes from one that is stopped.
 */
export class SignsOfLife implements Disposable {
  readonly #say: (isOpen: boolean) => void;
  readonly #time: SteadyTime;
  readonly #done = new AbortController();
  #isOpen = false;

  /** @param say told whether `opened` was called; see `WorkerListener.onAlive` */
  constructor(clock: Clock, say: (isOpen: boolean) => void) {
    this.#say = say;
    this.#time = new SteadyTime(clock);
    void this.#repeat();
  }

  /** The lane is open, which is said at once. Nothing once it is disposed. */
  opened(): void {
    this.#isOpen = true;
    if (!this.#done.signal.aborted) this.#say(true);
  }

  /** No sign comes any more. Idempotent. */
  [Symbol.dispose](): void {
    this.#done.abort(over);
    this.#time[Symbol.dispose]();
  }

  async #repeat(): Promise<void> {
    const { signal } = this.#done;
    while (!signal.aborted) {
      this.#say(this.#isOpen);
      // It rejects where the clock is closed, too: whoever has no clock makes no ticks, and is found by that.
      const passed = await this.#time.sleep(everyNs, signal).then(
        () => true,
        () => false,
      );
      if (!passed) return;
    }
  }
}
