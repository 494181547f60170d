import { PlayoutError } from "@retrovue/core";

/** How long a disposal waits for what hangs, in ms: what local storage answers within, and short beside an engine's own stop. */
const disposalMs = 5_000;

/**
 * What goes on behind the back of those whose patience has ended: a file that its storage does not give, a session that still has to
 * close. Each ends by itself, and somebody has to wait for it.
 */
export class Leftovers implements AsyncDisposable {
  readonly #going = new Set<Promise<unknown>>();

  /** Takes over what is not waited for any more. Its failure is nobody's. */
  add(work: Promise<unknown>): void {
    const going = work.catch(() => {}).finally(() => this.#going.delete(going));
    this.#going.add(going);
  }

  /** What the work gives; or what the signal stands for as soon as it aborts, and then what comes later goes to `late`. */
  async unlessAborted<T>(
    work: Promise<T>,
    signal: AbortSignal,
    late: (given: T) => Promise<void>,
  ): Promise<T> {
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(PlayoutError.from(signal.reason, "Cancelled"));
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([work, aborted]);
    } catch (thrown) {
      if (signal.aborted) this.add(work.then(late));
      throw thrown;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Resolves when nothing is left, or after 5 s: what hangs in storage cannot be ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#going.size === 0) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    AbortSignal.timeout(disposalMs).addEventListener("abort", () => resolve(), { once: true });
    await Promise.race([Promise.all(this.#going), late]);
  }
}
