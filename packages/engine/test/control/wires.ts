import {
  type DescMethod,
  fromBinary,
  fromJsonString,
  type Message,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { type ControlServices, type HttpHost, PlayoutError } from "@retrovue/core";
import { ErrorInfoSchema, errorInfoIn, methodName, statusFromBytes } from "@retrovue/protocol";
import { defaultAccess, parseServerOptions } from "@retrovue/protocol/serving";
import { ConnectTransport, InProcessTransport } from "@retrovue/transport-connect";
import { GrpcTransport } from "@retrovue/transport-grpc";

/** How a call came out: the status (0 for OK), and what the error's details say. */
export interface Outcome {
  readonly status: number;
  readonly reason?: string | undefined;
  readonly field?: string | undefined;
  /** The answer, or the first message of a stream. */
  readonly answer?: Message;
}

/** One way to speak to an engine. Requests are bytes, so that they may be wrong. */
export interface Wire extends AsyncDisposable {
  readonly name: string;
  /** Undefined bytes mean: none that could be decoded. */
  send(method: DescMethod, request: Message | "undecodable"): Promise<Outcome>;
}

const noHost: HttpHost = { mount: () => ({ [Symbol.dispose]() {} }) };
const never = new AbortController().signal;
/** A field of wire type 2 that promises more bytes than there are. */
const undecodable = new Uint8Array([0x0a, 0x7f, 0x41]);
const bytesOf = (method: DescMethod, request: Message | "undecodable"): Uint8Array =>
  request === "undecodable" ? undecodable : toBinary(method.input, request);

const outcome = (status: number, info?: { reason: string; metadata: Record<string, string> }): Outcome => ({
  status,
  reason: info?.reason,
  field: info?.metadata["field"],
});

/** gRPC by its own library. */
export async function grpcWire(control: ControlServices): Promise<Wire> {
  const transport = new GrpcTransport({
    options: parseServerOptions({ listen: "127.0.0.1:0" }),
    access: defaultAccess,
  });
  const [endpoint] = await transport.start(control, noHost, never);
  const client = new Client(endpoint?.address ?? "", credentials.createInsecure());
  const asBytes = (value: Uint8Array) => Buffer.from(value);
  const failed = (error: ServiceError): Outcome => {
    const [bytes] = error.metadata?.get("grpc-status-details-bin") ?? [];
    const status = bytes instanceof Buffer ? statusFromBytes(bytes) : undefined;
    return outcome(error.code, status && errorInfoIn(status));
  };
  return {
    name: "gRPC",
    send: (method, request) =>
      new Promise((resolve) => {
        const path = `/${methodName(method)}`;
        const bytes = bytesOf(method, request);
        if (method.methodKind === "unary") {
          client.makeUnaryRequest(
            path,
            asBytes,
            (one: Buffer) => one,
            bytes,
            (error, answer) =>
              resolve(
                error
                  ? failed(error)
                  : { status: 0, answer: fromBinary(method.output, answer ?? new Uint8Array()) },
              ),
          );
          return;
        }
        const call = client.makeServerStreamRequest(path, asBytes, (one: Buffer) => one, bytes);
        call.on("error", (error: ServiceError) => resolve(failed(error)));
        call.once("data", (message: Buffer) => {
          resolve({ status: 0, answer: fromBinary(method.output, message) });
          call.cancel();
        });
      }),
    async [Symbol.asyncDispose]() {
      client.close();
      await transport.stop(AbortSignal.abort());
    },
  };
}

/** Connect and gRPC-Web by hand, over plain HTTP. */
export async function httpWires(control: ControlServices): Promise<readonly Wire[]> {
  const transport = new ConnectTransport({
    options: parseServerOptions({ listen: "http://127.0.0.1:0" }),
    access: defaultAccess,
  });
  const [endpoint] = await transport.start(control, noHost, never);
  const base = endpoint?.address ?? "";
  const close = { [Symbol.asyncDispose]: () => transport.stop(AbortSignal.abort()) };
  return [
    {
      name: "Connect, JSON",
      send: (method, request) => sendConnect(base, method, request, "json"),
      ...close,
    },
    {
      name: "Connect, binary",
      send: (method, request) => sendConnect(base, method, request, "proto"),
      ...close,
    },
    { name: "gRPC-Web", send: (method, request) => sendWeb(base, method, request), ...close },
  ];
}

async function sendConnect(
  base: string,
  method: DescMethod,
  request: Message | "undecodable",
  encoding: "json" | "proto",
): Promise<Outcome> {
  const isUnary = method.methodKind === "unary";
  const message =
    encoding === "proto"
      ? bytesOf(method, request)
      : new TextEncoder().encode(request === "undecodable" ? "{" : toJsonString(method.input, request));
  const decode = (bytes: Uint8Array): Message =>
    encoding === "proto"
      ? fromBinary(method.output, bytes)
      : fromJsonString(method.output, new TextDecoder().decode(bytes));
  const left = new AbortController();
  const response = await fetch(`${base}/${methodName(method)}`, {
    method: "POST",
    headers: { "content-type": isUnary ? `application/${encoding}` : `application/connect+${encoding}` },
    body: Buffer.from(isUnary ? message : enveloped(message)),
    signal: left.signal,
  });
  if (isUnary) {
    const bytes = new Uint8Array(await response.arrayBuffer());
    return response.ok
      ? { status: 0, answer: decode(bytes) }
      : connectFailure(JSON.parse(new TextDecoder().decode(bytes)));
  }
  const { flags, body } = await firstFrame(response);
  left.abort();
  if ((flags & 2) === 0) return { status: 0, answer: decode(body) };
  const { error } = JSON.parse(new TextDecoder().decode(body)) as { error?: ConnectFailure };
  return error === undefined ? { status: 0 } : connectFailure(error);
}

interface ConnectFailure {
  readonly code: string;
  readonly details?: readonly { readonly type: string; readonly value: string }[];
}

function connectFailure({ code, details = [] }: ConnectFailure): Outcome {
  const name = code.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const status = Code[name as keyof typeof Code];
  const detail = details.find(({ type }) => type === "google.rpc.ErrorInfo");
  return outcome(status, detail && fromBinary(ErrorInfoSchema, Buffer.from(detail.value, "base64")));
}

async function sendWeb(base: string, method: DescMethod, request: Message | "undecodable"): Promise<Outcome> {
  const left = new AbortController();
  const response = await fetch(`${base}/${methodName(method)}`, {
    method: "POST",
    headers: { "content-type": "application/grpc-web+proto" },
    body: Buffer.from(enveloped(bytesOf(method, request))),
    signal: left.signal,
  });
  const inHeader = response.headers.get("grpc-status");
  if (inHeader !== null) return webStatus(new Map([...response.headers]));
  const { flags, body } = await firstFrame(response);
  left.abort();
  if ((flags & 0x80) === 0) return { status: 0, answer: fromBinary(method.output, body) };
  const lines = new TextDecoder().decode(body).split("\r\n");
  return webStatus(
    new Map(
      lines.map((line) => [
        line.slice(0, line.indexOf(":")).toLowerCase(),
        line.slice(line.indexOf(":") + 1).trim(),
      ]),
    ),
  );
}

function webStatus(trailer: ReadonlyMap<string, string>): Outcome {
  const bytes = trailer.get("grpc-status-details-bin");
  const status = bytes === undefined ? undefined : statusFromBytes(Buffer.from(bytes, "base64"));
  return outcome(Number(trailer.get("grpc-status")), status && errorInfoIn(status));
}

function enveloped(message: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(5 + message.length);
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, 5);
  return bytes;
}

async function firstFrame(
  response: Response,
): Promise<{ readonly flags: number; readonly body: Uint8Array }> {
  let bytes = Buffer.alloc(0);
  const reader = response.body?.getReader();
  for (;;) {
    if (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt32BE(1)) break;
    const { value, done } = (await reader?.read()) ?? { done: true };
    if (done)
      throw new PlayoutError(
        "Internal",
        `The stream ended after ${bytes.length} bytes (${response.status}).`,
      );
    bytes = Buffer.concat([bytes, value ?? new Uint8Array()]);
  }
  return { flags: bytes[0] ?? 0, body: bytes.subarray(5, 5 + bytes.readUInt32BE(1)) };
}

/** The router transport: no network, and so no bytes that could be wrong. */
export async function inProcessWire(control: ControlServices): Promise<Wire> {
  const transport = new InProcessTransport();
  await transport.start(control, noHost, never);
  return {
    name: "in-process",
    send: async (method, request) => {
      if (request === "undecodable") return { status: 3, reason: "InvalidArgument" };
      try {
        if (method.methodKind === "unary") {
          const { message } = await transport.client.unary(
            method as never,
            undefined,
            undefined,
            {},
            request as never,
          );
          return { status: 0, answer: message as Message };
        }
        const left = new AbortController();
        const asked = (async function* () {
          yield request;
        })();
        const { message } = await transport.client.stream(
          method as never,
          left.signal,
          undefined,
          {},
          asked as never,
        );
        for await (const first of message) {
          left.abort();
          return { status: 0, answer: first as Message };
        }
        return { status: 0 };
      } catch (thrown) {
        const error = ConnectError.from(thrown);
        return outcome(error.code, error.findDetails(ErrorInfoSchema)[0]);
      }
    },
    [Symbol.asyncDispose]: () => transport.stop(AbortSignal.abort()),
  };
}
