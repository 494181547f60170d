import { type CallContext, type ControlServices, orAbort, PlayoutError } from "@retrovue/core";

/** Who calls, as the transport knows it. */
export interface Caller {
  /** For the log: an address, or the name of whom a token or certificate is for. */
  readonly peer: string;
  /** As the caller gave it; undefined where it gave none, or one that is no identifier. */
  readonly correlationId: string | undefined;
  /** Aborts when the caller goes away or its deadline passes. */
  readonly signal: AbortSignal;
}

/** Longest correlation id that is taken over: it goes into every log line that the call causes. */
const correlationIdCharactersMax = 128;

/** A caller's correlation id where it may go into a log as it is; undefined otherwise, so that one is made up. */
export function readCorrelationId(given: string | undefined): string | undefined {
  const fits =
    given !== undefined && given.length <= correlationIdCharactersMax && /^[\x21-\x7e]+$/.test(given);
  return fits ? given : undefined;
}

/** One request being served: ends early when its caller goes or the server stops. */
class Serving {
  readonly context: CallContext;
  readonly #controller = new AbortController();
  readonly #forget: () => void;

  constructor({ peer, correlationId, signal }: Caller) {
    this.context = {
      correlationId: correlationId ?? crypto.randomUUID(),
      peer,
      signal: this.#controller.signal,
    };
    const leave = () => this.fail(PlayoutError.from(signal.reason, "Cancelled"));
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    this.#forget = () => signal.removeEventListener("abort", leave);
  }

  /** The caller gets `error` at once, and the service is told to stop. */
  fail(error: PlayoutError): void {
    this.#controller.abort(error);
  }

  /** `work`, or the failure that came first. Leaves nothing behind: a stream asks this for each of its messages, for weeks. */
  or<T>(work: Promise<T>): Promise<T> {
    return orAbort(work, this.#controller.signal);
  }

  end(): void {
    this.#forget();
    this.#controller.abort(new PlayoutError("Closed", "The call is over."));
  }
}

/**
 * **What a control server does about calls beside their encoding**, the same for every transport: gives each its context,
 * ends it when its caller goes, and drains. Every rejection is a `PlayoutError`.
 *
 * After `stop` has begun, calls are refused with `Unavailable`; streams end with it; calls that run are waited for until
 * the signal of `stop`, then cut with `Cancelled`.
 */
export class CallLedger {
  readonly #control: ControlServices;
  readonly #calls = new Set<Serving>();
  readonly #streams = new Set<Serving>();
  #isStopping = false;
  #idle = Promise.withResolvers<void>();

  constructor(control: ControlServices) {
    this.#control = control;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Carries out one call. Rejects with a `PlayoutError`, and nothing else. */
  async call(method: string, request: unknown, caller: Caller): Promise<unknown> {
    this.#refuseWhileStopping();
    const serving = new Serving(caller);
    this.#calls.add(serving);
    try {
      return await serving.or((async () => this.#control.call(method, request, serving.context))());
    } catch (thrown) {
      throw PlayoutError.from(thrown);
    } finally {
      serving.end();
      this.#calls.delete(serving);
      if (this.#isStopping && this.#calls.size === 0) this.#idle.resolve();
    }
  }

  /** Carries out one streaming call. The iterable throws a `PlayoutError`, and nothing else. */
  async *stream(method: string, request: unknown, caller: Caller): AsyncIterable<unknown> {
    this.#refuseWhileStopping();
    const serving = new Serving(caller);
    this.#streams.add(serving);
    let messages: AsyncIterator<unknown> | undefined;
    try {
      messages = this.#control.stream(method, request, serving.context)[Symbol.asyncIterator]();
      for (;;) {
        const { value, done } = await serving.or(messages.next());
        if (done) return;
        yield value;
      }
    } catch (thrown) {
      throw PlayoutError.from(thrown);
    } finally {
      serving.end();
      this.#streams.delete(serving);
      // A service that waits for something else is told by its signal; nobody waits for it here.
      void messages?.return?.()?.catch(() => {});
    }
  }

  /** Resolves when no call runs any more. Idempotent; a later signal can only cut sooner. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#isStopping = true;
    for (const stream of this.#streams) stream.fail(goesAway());
    if (this.#calls.size === 0) return;
    const cut = () => {
      for (const call of this.#calls) call.fail(cutOff());
    };
    if (signal.aborted) cut();
    signal.addEventListener("abort", cut, { once: true });
    await this.#idle.promise;
    signal.removeEventListener("abort", cut);
  }

  #refuseWhileStopping(): void {
    if (this.#isStopping) throw goesAway();
  }
}

/** Not `Unavailable`: clients take that for a call that never began, and make it again. */
const cutOff = (): PlayoutError =>
  new PlayoutError(
    "Cancelled",
    "The engine ended in the middle of the call; what it did of it is not known.",
    {
      remedy: "Read the state when it is back, then call again.",
    },
  );

const goesAway = (): PlayoutError =>
  new PlayoutError("Unavailable", "The engine is stopping.", { remedy: "Call again when it is back." });
