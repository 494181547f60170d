import type { DescMethod, DescService } from "@bufbuild/protobuf";
import {
  type CallContext,
  type ControlServices,
  type Nanoseconds,
  nsPerMs,
  PlayoutError,
} from "@retrovue/core";
import {
  type Handlers,
  MasterClock,
  methods,
  PlayoutControl,
  PlayoutPlans,
  PlayoutStatus,
} from "@retrovue/protocol";
import type { Log } from "../log/log.js";

/** The services as the engine implements them. */
export interface EngineServices {
  readonly control: Handlers<typeof PlayoutControl>;
  readonly plans: Handlers<typeof PlayoutPlans>;
  readonly status: Handlers<typeof PlayoutStatus>;
  readonly clock: Handlers<typeof MasterClock>;
}

type Unary = (request: unknown, context: CallContext) => Promise<unknown>;
type Streaming = (request: unknown, context: CallContext) => AsyncIterable<unknown>;

/** Calls that only read are told in the log at a level that nobody sees by default; the rest is what operators look for. */
const noSideEffects = 1;

/**
 * The engine's control plane, the same for every transport: finds who answers a method, writes one log line for each call, and
 * puts the correlation id on every failure.
 */
export class EngineControl implements ControlServices {
  readonly #handlers = new Map<string, Unary | Streaming>();
  readonly #log: Log;
  readonly #monotonic: () => Nanoseconds;

  /** @param monotonic any time that never steps, for how long calls take */
  constructor(services: EngineServices, log: Log, monotonic: () => Nanoseconds) {
    this.#log = log;
    this.#monotonic = monotonic;
    this.#add(PlayoutControl, services.control);
    this.#add(PlayoutPlans, services.plans);
    this.#add(PlayoutStatus, services.status);
    this.#add(MasterClock, services.clock);
  }

  async call(method: string, request: unknown, context: CallContext): Promise<unknown> {
    const handle = this.#find(method, "unary") as Unary;
    const since = this.#monotonic();
    try {
      const answer = await handle(request, context);
      this.#tell(method, request, context, since, undefined);
      return answer;
    } catch (thrown) {
      const error = correlated(PlayoutError.from(thrown), context);
      this.#tell(method, request, context, since, error);
      throw error;
    }
  }

  async *stream(method: string, request: unknown, context: CallContext): AsyncIterable<unknown> {
    const handle = this.#find(method, "server_streaming") as Streaming;
    const since = this.#monotonic();
    try {
      yield* handle(request, context);
      this.#tell(method, request, context, since, undefined);
    } catch (thrown) {
      const error = correlated(PlayoutError.from(thrown), context);
      this.#tell(method, request, context, since, error);
      throw error;
    }
  }

  #add(service: DescService, handlers: object): void {
    for (const method of service.methods) {
      const handle = (handlers as Readonly<Record<string, Unary | Streaming | undefined>>)[method.localName];
      if (handle !== undefined)
        this.#handlers.set(nameOf(method), handle.bind(handlers) as Unary | Streaming);
    }
  }

  #find(name: string, kind: DescMethod["methodKind"]): Unary | Streaming {
    const handler = this.#handlers.get(name);
    if (handler === undefined || methods.get(name)?.methodKind !== kind) {
      throw new PlayoutError("Unimplemented", `${name} is not a call of this engine.`, {
        details: { method: name },
      });
    }
    return handler;
  }

  #tell(
    method: string,
    request: unknown,
    context: CallContext,
    since: Nanoseconds,
    error: PlayoutError | undefined,
  ): void {
    const fields = {
      method: method.slice(method.lastIndexOf(".") + 1),
      ...channelOf(request),
      correlation: context.correlationId,
      peer: context.peer,
      ms: Number((this.#monotonic() - since) / nsPerMs),
      ...(error && { err: error }),
    };
    const isReading = methods.get(method)?.idempotency === noSideEffects || method.endsWith("/Exchange");
    if (error?.code === "Internal") this.#log.error(fields, "call failed");
    else if (error !== undefined) this.#log.info(fields, "call refused");
    else if (isReading) this.#log.trace(fields, "call");
    else this.#log.info(fields, "call");
  }
}

const nameOf = (method: DescMethod): string => `${method.parent.typeName}/${method.name}`;

const channelOf = (request: unknown): { readonly channel?: number } =>
  typeof request === "object" &&
  request !== null &&
  "channelId" in request &&
  typeof request.channelId === "number"
    ? { channel: request.channelId }
    : {};

/** The same error, by which it can be found in the engine's log. */
const correlated = (error: PlayoutError, { correlationId }: CallContext): PlayoutError =>
  new PlayoutError(error.code, error.what, {
    cause: error,
    ...(error.remedy !== undefined && { remedy: error.remedy }),
    details: { ...error.details, correlationId },
  });
