import type {
  DescMessage,
  DescMethod,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
} from "@bufbuild/protobuf";
import { ConnectError, type Transport } from "@connectrpc/connect";
import type { TransportCallOptions, TransportClient } from "@retrovue/plugin-contract";
import { ErrorInfoSchema, methods } from "@retrovue/protocol";

const networkFailures: ReadonlySet<unknown> = new Set(["EPIPE", "ECONNRESET", "ECONNREFUSED", "ENOENT"]);

const codeIn = (cause: unknown): unknown =>
  typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;

/** How a call failed at its caller. */
export class ConnectFailure extends Error {
  readonly status: number;
  readonly code?: string;

  constructor(thrown: unknown) {
    const error = ConnectError.from(thrown);
    super(error.message);
    // A connection that broke, or that nobody takes: some of Node's words for it are unknown to Connect's client.
    this.status = networkFailures.has(codeIn(error.cause)) ? 14 : error.code;
    const [info] = error.findDetails(ErrorInfoSchema);
    if (info !== undefined) this.code = info.reason;
  }
}

/** The method of a name. */
export function methodOf(name: string): DescMethod {
  const method = methods.get(name);
  if (method === undefined) throw new Error(`no method ${name}`);
  return method;
}

/** A client of Connect's own library, over any of its protocols. */
export class ConnectTestClient implements TransportClient {
  constructor(
    private readonly transport: Transport,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  async call(
    name: string,
    request: unknown,
    { signal, deadlineMs, correlationId }: TransportCallOptions,
  ): Promise<unknown> {
    try {
      const method = methodOf(name) as DescMethodUnary;
      const answer = await this.transport.unary(
        method,
        signal,
        deadlineMs,
        this.#headers(correlationId),
        request as MessageInitShape<DescMessage>,
      );
      return answer.message;
    } catch (thrown) {
      throw new ConnectFailure(thrown);
    }
  }

  async *stream(
    name: string,
    request: unknown,
    { signal, deadlineMs, correlationId }: TransportCallOptions,
  ): AsyncIterable<unknown> {
    const left = new AbortController();
    try {
      const method = methodOf(name) as DescMethodServerStreaming;
      const both = AbortSignal.any([left.signal, ...(signal ? [signal] : [])]);
      const asked = (async function* () {
        yield request as MessageInitShape<DescMessage>;
      })();
      const answer = await this.transport.stream(
        method,
        both,
        deadlineMs,
        this.#headers(correlationId),
        asked,
      );
      yield* answer.message;
    } catch (thrown) {
      throw new ConnectFailure(thrown);
    } finally {
      left.abort();
    }
  }

  #headers(correlationId: string | undefined): Record<string, string> {
    return { ...this.headers, ...(correlationId !== undefined && { "x-correlation-id": correlationId }) };
  }
}
