import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, errorDomain } from "@retrovue/protocol/browser";

/** A failed call, for programs. */
export interface EngineFailure {
  /** The status's number, as in gRPC. */
  readonly status: Code;
  /** The engine's error code, as `UnknownChannel`; undefined where something else answered, or nobody did. */
  readonly code: string | undefined;
  /** For people: what happened and what to do. */
  readonly message: string;
  /** What is known besides, by name. */
  readonly details: Readonly<Record<string, string>>;
}

/** Node's words for a connection that broke or that nobody takes, which Connect does not know all of. */
const networkFailures: ReadonlySet<unknown> = new Set([
  "EPIPE",
  "ECONNRESET",
  "ECONNREFUSED",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "ENOENT",
  "ETIMEDOUT",
  "ERR_HTTP2_STREAM_ERROR",
]);

/** System calls that come before anything is sent. */
const connecting: ReadonlySet<unknown> = new Set(["connect", "getaddrinfo"]);

/** Connect's words for a stream that ended with its connection, for which it has no error of Node's and no code but `Canceled`. */
const endedWithConnection = /^http\/2 stream closed with error code CANCEL\b/;

/** Anything that a call rejected with. */
export function failureOf(thrown: unknown): EngineFailure {
  const error = ConnectError.from(thrown);
  const info = error.findDetails(ErrorInfoSchema).find(({ domain }) => domain === errorDomain);
  return {
    status: info === undefined && isNetwork(error) ? Code.Unavailable : error.code,
    code: info?.reason,
    message: error.rawMessage,
    details: { ...info?.metadata },
  };
}

/** True where the engine is out of reach for now: reconnecting may mend it. The call may have been carried out all the same. */
export function isTransient(thrown: unknown): boolean {
  const { status, code } = failureOf(thrown);
  // With its own code an engine cancels calls that were at work when it ended.
  return status === Code.Unavailable || code === "Cancelled";
}

/** True where the call was surely not begun, so that making it again is safe whatever it does: the engine said so, or nothing was sent. */
export function neverBegan(thrown: unknown): boolean {
  const { status, code } = failureOf(thrown);
  if (code !== undefined) return code === "Unavailable";
  return status === Code.Unavailable && isUnconnected(ConnectError.from(thrown).cause);
}

const isNetwork = ({ cause, code, rawMessage }: ConnectError): boolean =>
  networkFailures.has(fieldOf(cause, "code")) ||
  (code === Code.Canceled && endedWithConnection.test(rawMessage));

/** Of a name with several addresses Node tells the failure of each. */
function isUnconnected(cause: unknown): boolean {
  if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(isUnconnected);
  return connecting.has(fieldOf(cause, "syscall"));
}

const fieldOf = (of: unknown, name: "code" | "syscall"): unknown =>
  typeof of === "object" && of !== null && name in of ? (of as Record<string, unknown>)[name] : undefined;
