import { PlayoutError } from "../errors/playout-error.js";
import type { Nanoseconds } from "../time/units.js";
import type { Clock } from "./clock.js";
import { SteadyTime } from "./steady-time.js";

/**
 * A signal that aborts when `outer` does, or with `Timeout` after `length` by the clock, not counting leaps of house time. Use it
 * with `using`: disposal takes the sleeper off the clock.
 *
 * @param what names the work in the error's message: "opening file:///a.mp4"
 */
export class TimeLimit implements Disposable {
  readonly signal: AbortSignal;
  readonly #done = new AbortController();
  readonly #outer: AbortSignal;
  readonly #follow: () => void;
  readonly #time: SteadyTime;

  constructor(clock: Clock, length: Nanoseconds, outer: AbortSignal, what: string) {
    // Not AbortSignal.any: what that leaves behind waits for the garbage collector, and some of it for ever.
    const limit = new AbortController();
    this.signal = limit.signal;
    this.#outer = outer;
    this.#follow = () => limit.abort(outer.reason);
    if (outer.aborted) this.#follow();
    else outer.addEventListener("abort", this.#follow, { once: true });
    this.#time = new SteadyTime(clock);
    this.#time.sleep(length, this.#done.signal).then(
      () => limit.abort(new PlayoutError("Timeout", `${what} took longer than ${length / 1_000_000n} ms.`)),
      () => {},
    );
  }

  [Symbol.dispose](): void {
    this.#outer.removeEventListener("abort", this.#follow);
    this.#done.abort(over);
    this.#time[Symbol.dispose]();
  }
}

/** Why a sleep that nobody needs any more ends: one for all, since nobody sees it and a stack costs more than the sleep. */
const over = new PlayoutError("Cancelled", "What was waited for came in time.");

/**
 * Settles like `work`, or rejects with the signal's reason once that aborts, whichever is first: for calls of code that is
 * not ours and may overlook its signal. What `work` gives after that goes to `late`, so that nothing is lost.
 */
export function orAbort<T>(work: Promise<T>, signal: AbortSignal, late?: (value: T) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let given = false;
    const onAbort = () => {
      given = true;
      reject(PlayoutError.from(signal.reason, "Cancelled"));
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    work.then(
      (value) => {
        signal.removeEventListener("abort", onAbort);
        if (given) late?.(value);
        else resolve(value);
      },
      (thrown: unknown) => {
        signal.removeEventListener("abort", onAbort);
        reject(thrown);
      },
    );
  });
}

/** What `call` gives; a rejection where it throws instead: for calls of code that is not ours. */
export function called<T>(call: () => Promise<T>): Promise<T> {
  try {
    return call();
  } catch (thrown) {
    return Promise.reject(thrown);
  }
}

/**
 * True as soon as `work` settles, either way; false where it has not after `length`, leaps of house time not counted. For work
 * that cannot be ended from outside, and of which only the end is of interest.
 */
export async function settlesWithin(
  work: Promise<unknown>,
  length: Nanoseconds,
  clock: Clock,
): Promise<boolean> {
  using time = new SteadyTime(clock);
  const done = new AbortController();
  const settled = work.then(
    () => true,
    () => true,
  );
  // A clock that is closed tells no time: nothing is late by it.
  const late = time.sleep(length, done.signal).then(
    () => false,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    done.abort(over);
  }
}
