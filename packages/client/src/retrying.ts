import { Backoff, type BackoffOptions, pause } from "./backoff.js";
import { isTransient } from "./engine-failure.js";

/** When to make a call again. */
export interface RetryOptions extends BackoffOptions {
  /** Attempts at most. Default 6, some 6 s with the default waits. */
  readonly attempts?: number;
  readonly signal?: AbortSignal;
}

const attemptsDefault = 6;

/**
 * Makes a call, and makes it again while the engine is out of reach or says that it is starting or draining. Any other failure
 * is the answer. Calls that were carried out are not made again, since only those are that never began.
 */
export async function retrying<T>(call: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { attempts = attemptsDefault, signal } = options;
  const backoff = new Backoff(options);
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (thrown) {
      if (attempt >= attempts || signal?.aborted || !isTransient(thrown)) throw thrown;
      await pause(backoff.next(), signal);
    }
  }
}
