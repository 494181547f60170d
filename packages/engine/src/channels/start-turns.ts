import { availableParallelism } from "node:os";
import { nanosecondsFromMs, type Timer } from "@retrovue/core";

/**
 * Starts on demand that are under way at one time: each keeps a processor busy, with a process that begins and media that are opened, and
 * more than there are would only make all of them late, those who came first as well. Two, so that one slow start is never the only one.
 */
export const startsAtOnce = Math.max(2, availableParallelism());

/**
 * A start takes 0.3 s, on a busy machine 0.4; one that takes longer may wait for something else, as a share that does not answer, of which
 * others must not wait for the end.
 */
const turnNsMax = nanosecondsFromMs(500);

/**
 * Lets so many starts be under way at one time; further ones wait, in the order in which they came. One that takes longer than half
 * a second goes on, but keeps nobody waiting any more.
 */
export class StartTurns {
  readonly #timer: Timer;
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param timer what the half second is counted by; borrowed */
  constructor(atOnce: number, timer: Timer) {
    this.#free = atOnce;
    this.#timer = timer;
  }

  /** Starts when it is this one's turn; resolves and rejects as the start does. */
  async run<T>(start: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let isOurs = true;
    const pass = () => {
      if (isOurs) this.#pass();
      isOurs = false;
    };
    using _limit = this.#timer.after(turnNsMax, pass);
    try {
      return await start();
    } finally {
      pass();
    }
  }

  #pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
