import { type DescMethod, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import type { TransportCallOptions, TransportClient } from "@retrovue/plugin-contract";
import { errorInfoIn, methods, statusFromBytes } from "@retrovue/protocol";

/** How a call failed at its caller. */
export class GrpcFailure extends Error {
  readonly status: number;
  readonly code?: string;

  constructor(error: ServiceError) {
    super(error.details);
    this.status = error.code;
    const [bytes] = error.metadata?.get("grpc-status-details-bin") ?? [];
    const status = bytes instanceof Buffer ? statusFromBytes(bytes) : undefined;
    const reason = status && errorInfoIn(status)?.reason;
    if (reason !== undefined) this.code = reason;
  }
}

const encode = (method: DescMethod) => (message: Message) => Buffer.from(toBinary(method.input, message));
const decode = (method: DescMethod) => (bytes: Buffer) => fromBinary(method.output, bytes);

/** The method of a name. */
export function methodOf(name: string): DescMethod {
  const method = methods.get(name);
  if (method === undefined) throw new Error(`no method ${name}`);
  return method;
}

/** A client of gRPC's own library. */
export class GrpcTestClient implements TransportClient, Disposable {
  readonly client: Client;

  constructor(
    address: string,
    channel = credentials.createInsecure(),
    headers: Readonly<Record<string, string>> = {},
  ) {
    this.client = new Client(address, channel);
    this.headers = headers;
  }

  readonly headers: Readonly<Record<string, string>>;

  call(name: string, request: unknown, options: TransportCallOptions): Promise<unknown> {
    const method = methodOf(name);
    return new Promise((resolve, reject) => {
      const call = this.client.makeUnaryRequest(
        `/${name}`,
        encode(method),
        decode(method),
        request as Message,
        this.#metadata(options),
        deadline(options),
        (error, answer) => (error ? reject(new GrpcFailure(error)) : resolve(answer)),
      );
      options.signal?.addEventListener("abort", () => call.cancel(), { once: true });
    });
  }

  async *stream(name: string, request: unknown, options: TransportCallOptions): AsyncIterable<unknown> {
    const method = methodOf(name);
    const call = this.client.makeServerStreamRequest(
      `/${name}`,
      encode(method),
      decode(method),
      request as Message,
      this.#metadata(options),
      deadline(options),
    );
    options.signal?.addEventListener("abort", () => call.cancel(), { once: true });
    try {
      for await (const message of call) yield message;
    } catch (error) {
      throw new GrpcFailure(error as ServiceError);
    } finally {
      call.cancel();
    }
  }

  #metadata({ correlationId }: TransportCallOptions): Metadata {
    const metadata = new Metadata();
    if (correlationId !== undefined) metadata.set("x-correlation-id", correlationId);
    for (const [key, value] of Object.entries(this.headers)) metadata.set(key, value);
    return metadata;
  }

  [Symbol.dispose](): void {
    this.client.close();
  }
}

const deadline = ({ deadlineMs }: TransportCallOptions) =>
  deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
