import { type ErrorCode, Status } from "../errors/codes.js";
import { PlayoutError } from "../errors/playout-error.js";
import type { CallContext, ControlServices } from "../transport/control-services.js";
import type { Endpoint, HttpHost, Transport } from "../transport/transport.js";

/** Where memory transports find each other: a name is taken while a transport is started under it. */
export class MemoryNetwork {
  readonly #listeners = new Map<string, MemoryTransport>();

  /** @internal */
  listen(address: string, transport: MemoryTransport): void {
    if (this.#listeners.has(address)) {
      throw new PlayoutError("PortInUse", `${address} is taken; stop the transport that listens there.`);
    }
    this.#listeners.set(address, transport);
  }

  /** @internal */
  leave(address: string, transport: MemoryTransport): void {
    if (this.#listeners.get(address) === transport) this.#listeners.delete(address);
  }

  /** A client; each call goes to whoever listens at that moment. */
  connect(address: string, peer = "memory"): MemoryClient {
    return new MemoryClient(() => this.#listeners.get(address), peer);
  }
}

/** What a caller may say besides its request. */
export interface MemoryCallOptions {
  /** Ends the call: as `Cancelled`, or as `DeadlineExceeded` where it is the signal of a time-out. */
  readonly signal?: AbortSignal;
  readonly correlationId?: string;
}

/** How a call fails at the caller: the status as on the wire, and the engine's code where it gave one. */
export class CallFailure extends Error {
  override readonly name = "CallFailure";

  constructor(
    readonly status: Status,
    readonly code: ErrorCode | undefined,
    message: string,
  ) {
    super(message);
  }
}

/** Calls the control plane of a memory transport. */
export class MemoryClient {
  readonly #find: () => MemoryTransport | undefined;
  readonly #peer: string;

  constructor(find: () => MemoryTransport | undefined, peer: string) {
    this.#find = find;
    this.#peer = peer;
  }

  async call(method: string, request: unknown, options: MemoryCallOptions = {}): Promise<unknown> {
    return this.#reach().serve(this.#peer, options, (control, context) =>
      control.call(method, structuredClone(request), context),
    );
  }

  async *stream(method: string, request: unknown, options: MemoryCallOptions = {}): AsyncIterable<unknown> {
    yield* this.#reach().serveStream(this.#peer, options, (control, context) =>
      control.stream(method, structuredClone(request), context),
    );
  }

  #reach(): MemoryTransport {
    const transport = this.#find();
    if (transport === undefined) throw unavailable("Nobody listens there.");
    return transport;
  }
}

/** One request being served: ends early when its caller goes, its time is up, or the transport is cut. */
class Running {
  readonly context: CallContext;
  readonly #controller = new AbortController();
  readonly #failed = Promise.withResolvers<never>();
  #cleanUp = () => {};

  constructor(peer: string, { signal, correlationId }: MemoryCallOptions) {
    this.context = {
      correlationId: correlationId ?? crypto.randomUUID(),
      peer,
      signal: this.#controller.signal,
    };
    this.#failed.promise.catch(() => {});
    if (signal) {
      const onAbort = () => this.fail(failureOf(PlayoutError.from(signal.reason, "Cancelled")));
      if (signal.aborted) onAbort();
      signal.addEventListener("abort", onAbort);
      this.#cleanUp = () => signal.removeEventListener("abort", onAbort);
    }
  }

  /** The caller gets `failure` at once, and the service is told to stop. */
  fail(failure: CallFailure): void {
    this.#failed.reject(failure);
    this.#controller.abort();
  }

  /** `work`, or the failure that came first. */
  or<T>(work: Promise<T>): Promise<T> {
    return Promise.race([this.#failed.promise, work]);
  }

  end(): void {
    this.#controller.abort();
    this.#cleanUp();
  }
}

/** What a memory transport is made with. */
export interface MemoryTransportDeps {
  readonly network: MemoryNetwork;
  /** Default "memory". */
  readonly address?: string;
}

/**
 * A control-plane server without a wire: for tests of the engine's control services, and the yardstick of the
 * transport suite. Messages are copied on the way, as an encoding would.
 */
export class MemoryTransport implements Transport {
  readonly #network: MemoryNetwork;
  readonly #address: string;
  readonly #calls = new Set<Running>();
  readonly #streams = new Set<Running>();
  #control: ControlServices | undefined;
  #stopping = false;
  #idle = Promise.withResolvers<void>();

  constructor(deps: MemoryTransportDeps) {
    this.#network = deps.network;
    this.#address = deps.address ?? "memory";
  }

  async start(control: ControlServices, _host: HttpHost, signal: AbortSignal): Promise<readonly Endpoint[]> {
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
    if (this.#control || this.#stopping) {
      throw new PlayoutError("WrongState", "A transport is started once; make another one.");
    }
    this.#network.listen(this.#address, this);
    this.#control = control;
    return [{ protocol: "memory", address: this.#address }];
  }

  async stop(signal: AbortSignal): Promise<void> {
    this.#stopping = true;
    this.#network.leave(this.#address, this);
    for (const stream of this.#streams) stream.fail(unavailable("The server stops."));
    if (this.#calls.size === 0) return;
    const cut = () => {
      for (const call of this.#calls)
        call.fail(new CallFailure(Status.Cancelled, "Cancelled", "The server has stopped."));
    };
    if (signal.aborted) cut();
    signal.addEventListener("abort", cut);
    await this.#idle.promise;
    signal.removeEventListener("abort", cut);
  }

  /** @internal */
  async serve(
    peer: string,
    options: MemoryCallOptions,
    handle: (control: ControlServices, context: CallContext) => Promise<unknown>,
  ): Promise<unknown> {
    const control = this.#accept();
    const call = new Running(peer, options);
    this.#calls.add(call);
    try {
      const answer = await call.or((async () => handle(control, call.context))());
      return structuredClone(answer);
    } catch (error) {
      throw failureOf(error);
    } finally {
      call.end();
      this.#calls.delete(call);
      if (this.#stopping && this.#calls.size === 0) this.#idle.resolve();
    }
  }

  /** @internal */
  async *serveStream(
    peer: string,
    options: MemoryCallOptions,
    handle: (control: ControlServices, context: CallContext) => AsyncIterable<unknown>,
  ): AsyncIterable<unknown> {
    const control = this.#accept();
    const stream = new Running(peer, options);
    this.#streams.add(stream);
    let messages: AsyncIterator<unknown> | undefined;
    try {
      messages = handle(control, stream.context)[Symbol.asyncIterator]();
      for (;;) {
        const { value, done } = await stream.or(messages.next());
        if (done) return;
        yield structuredClone(value);
      }
    } catch (error) {
      throw failureOf(error);
    } finally {
      stream.end();
      this.#streams.delete(stream);
      // A service that waits for something else is told by its signal; nobody waits for it here.
      void messages?.return?.()?.catch(() => {});
    }
  }

  #accept(): ControlServices {
    if (this.#control === undefined || this.#stopping) throw unavailable("The server does not run.");
    return this.#control;
  }
}

const unavailable = (message: string) => new CallFailure(Status.Unavailable, undefined, message);

function failureOf(error: unknown): CallFailure {
  if (error instanceof CallFailure) return error;
  const { code, entry, message } = PlayoutError.from(error);
  return new CallFailure(entry.status, code, message);
}
