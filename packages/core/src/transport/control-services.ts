/** What a transport knows of a call besides its message. */
export interface CallContext {
  /** Given by the caller in request metadata (`x-correlation-id`), else made up; on every log line and event. */
  readonly correlationId: string;
  /** Who calls, as far as the transport authenticated it; for the log. */
  readonly peer: string;
  /** Aborts when the caller goes away or its deadline passes. */
  readonly signal: AbortSignal;
}

/**
 * **The control plane as the engine implements it, once, for all transports.**
 *
 * Methods are named as on the wire, `retrovue.playout.PlayoutControl/StartChannel`; requests and responses are the
 * message objects of `@retrovue/protocol` for that method, which the core carries without looking inside.
 *
 * *Ownership.* Messages are plain values. *Concurrency.* Any number of calls at once; the engine orders those of one
 * channel. *"Not yet" and "end".* `call` settles by the context's signal at the latest; a stream ends only when the
 * signal aborts or the engine drains. *After an error* nothing has changed; rejections are `PlayoutError` and a
 * method that is not built is `Unimplemented`.
 */
export interface ControlServices {
  call(method: string, request: unknown, context: CallContext): Promise<unknown>;
  stream(method: string, request: unknown, context: CallContext): AsyncIterable<unknown>;
}
