import type { CallContext, ControlServices, Endpoint, HttpHost, Transport } from "@retrovue/core";

/** What a caller may say besides its request. */
export interface TransportCallOptions {
  readonly signal?: AbortSignal;
  /** Time after which the caller gives up, milliseconds. */
  readonly deadlineMs?: number;
  /** Sent as `x-correlation-id`. */
  readonly correlationId?: string;
}

/**
 * A client of the transport under test. Failures reject with an object that has the gRPC (or Connect) number as
 * `status`, and the engine's error code as `code` where the server gave one.
 */
export interface TransportClient {
  call(method: string, request: unknown, options: TransportCallOptions): Promise<unknown>;
  stream(method: string, request: unknown, options: TransportCallOptions): AsyncIterable<unknown>;
}

/** A method of the control plane that the suite may use, with messages that carry a number from 0 to 999. */
export interface SampleMethod {
  /** As `retrovue.playout.PlayoutControl/GetVersion`. */
  readonly method: string;
  request(n: number): unknown;
  response(n: number): unknown;
  /** The number in a request or a response. */
  numberIn(message: unknown): number;
}

/** A transport under test. Nothing is started. */
export interface TransportSubject extends AsyncDisposable {
  readonly transport: Transport;
  readonly host: HttpHost;
  readonly unary: SampleMethod;
  readonly streaming: SampleMethod;
  connect(endpoints: readonly Endpoint[]): Promise<TransportClient>;
  /** Another transport that wants the same address. Left out where the address is chosen freely. */
  rival?(endpoints: readonly Endpoint[]): Transport;
}

/** Control services that do what a rule says, and remember who called. */
export class ScriptedControl implements ControlServices {
  readonly contexts: CallContext[] = [];
  readonly methods: string[] = [];

  onCall: (request: unknown, context: CallContext) => Promise<unknown> = () => Promise.resolve({});
  onStream: (request: unknown, context: CallContext) => AsyncIterable<unknown> = async function* () {};

  async call(method: string, request: unknown, context: CallContext): Promise<unknown> {
    this.methods.push(method);
    this.contexts.push(context);
    return this.onCall(request, context);
  }

  stream(method: string, request: unknown, context: CallContext): AsyncIterable<unknown> {
    this.methods.push(method);
    this.contexts.push(context);
    return this.onStream(request, context);
  }
}
