import { type ErrorCode, type ErrorDetails, errorCodes, PlayoutError, type Status } from "@retrovue/core";
import type { Status as RpcStatus } from "../gen/google/rpc/status_pb.js";
import { remedyKey } from "./error-info.js";
import { errorInfoIn } from "./read-error-info.js";

/** The code that says most nearly what a bare status says: one that did not come from an engine. */
const codeOfStatus: Readonly<Record<Status, ErrorCode>> = Object.freeze({
  1: "Cancelled",
  3: "InvalidArgument",
  4: "Timeout",
  5: "UnknownChannel",
  6: "AlreadyExists",
  7: "PermissionDenied",
  8: "LimitExceeded",
  9: "WrongState",
  10: "RevisionConflict",
  11: "InvalidArgument",
  12: "Unimplemented",
  13: "Internal",
  14: "Unavailable",
  15: "MediaCorrupt",
  16: "Unauthenticated",
});

/**
 * The error that an engine answered, for programs that call one. With an `ErrorInfo` of ours it has the engine's own
 * code and details (as text); a code of a newer engine, and a status from anybody else, gets the code nearest to its
 * number, with the number in `details.status`.
 */
export function playoutErrorFromStatus(status: RpcStatus): PlayoutError {
  const info = errorInfoIn(status);
  if (info && isErrorCode(info.reason)) {
    const { [remedyKey]: remedy, ...details } = info.metadata;
    if (remedy === undefined) return new PlayoutError(info.reason, status.message, { details });
    // The message ends with the remedy, unless it was cut to fit.
    const ending = ` ${remedy}`;
    const what = status.message.endsWith(ending) ? status.message.slice(0, -ending.length) : status.message;
    return new PlayoutError(info.reason, what, { remedy, details });
  }
  const code = (codeOfStatus as Readonly<Record<number, ErrorCode | undefined>>)[status.code] ?? "Internal";
  const details: Record<string, ErrorDetails[string]> = { ...info?.metadata, status: status.code };
  if (info) details["reason"] = info.reason;
  return new PlayoutError(code, status.message, { details });
}

const isErrorCode = (word: string): word is ErrorCode => Object.hasOwn(errorCodes, word);
