import { type Nanoseconds, nanosecondsFromMs } from "../time/units.js";

/** Seconds before each retry of a failed open or decode (timing.md, Failure policy). */
const retrySeconds = [1, 2, 4, 8, 16] as const;

/** Seconds between retries once all of those have failed. */
const steadySeconds = 30;

/** What to do after a failure. */
export interface Retry {
  readonly afterNs: Nanoseconds;
  /** True from the failure on that used up the last quick retry: the channel is in `error`. */
  readonly exhausted: boolean;
}

/**
 * What to do after the `failures`-th failure in a row (1 = the first): retries after 1, 2, 4, 8 and 16 s, then one every 30 s
 * for as long as the segment lasts. A new segment starts counting anew.
 */
export function retryAfter(failures: number): Retry {
  const seconds = retrySeconds[failures - 1];
  return seconds === undefined
    ? { afterNs: nanosecondsFromMs(steadySeconds * 1000), exhausted: true }
    : { afterNs: nanosecondsFromMs(seconds * 1000), exhausted: false };
}
