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
  "ENOENT",
  "ERR_HTTP2_STREAM_ERROR",
]);

/** Anything that a call rejected with. */
export function failureOf(thrown: unknown): EngineFailure {
  const error = ConnectError.from(thrown);
  const info = error.findDetails(ErrorInfoSchema).find(({ domain }) => domain === errorDomain);
  const isNetwork = info === undefined && networkFailures.has(codeIn(error.cause));
  return {
    status: isNetwork ? Code.Unavailable : error.code,
    code: info?.reason,
    message: error.rawMessage,
    details: { ...info?.metadata },
  };
}

/** True where the engine never began the call, so that making it again is safe whatever it does. */
export const isTransient = (thrown: unknown): boolean => failureOf(thrown).status === Code.Unavailable;

const codeIn = (cause: unknown): unknown =>
  typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
