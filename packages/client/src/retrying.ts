import { Backoff, type BackoffOptions, pause } from "./backoff.js";
import { isTransient, neverBegan } from "./engine-failure.js";

/** When to make a call again. */
export interface RetryOptions extends BackoffOptions {
  /** Attempts at most. Default 6, some 6 s with the default waits. */
  readonly attempts?: number;
  /** Carrying the call out twice does no harm (the control API says of which calls): it is made again where its answer was lost, too. */
  readonly isIdempotent?: boolean;
  readonly signal?: AbortSignal;
}

const attemptsDefault = 6;

/**
 * Makes a call, and makes it again while the engine is out of reach or says that it is starting or stopping. Any other failure
 * is the answer, also that of a call that was cut off: it may have been carried out. Only those are made again that surely never
 * began, unless `isIdempotent`.
 */
export async function retrying<T>(call: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { attempts = attemptsDefault, isIdempotent = false, signal } = options;
  const mayRepeat = isIdempotent ? isTransient : neverBegan;
  const backoff = new Backoff(options);
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (thrown) {
      if (attempt >= attempts || signal?.aborted || !mayRepeat(thrown)) throw thrown;
      await pause(backoff.next(), signal);
    }
  }
}
