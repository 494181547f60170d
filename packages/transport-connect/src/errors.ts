import { ConnectError } from "@connectrpc/connect";
import { PlayoutError } from "@retrovue/core";
import { ErrorInfoSchema, errorInfoOf, messageOf, statusOf } from "@retrovue/protocol";

/** Anything thrown as Connect wants it: code, message, and the details. Never `unknown`, never a stack. */
export function connectErrorOf(thrown: unknown): ConnectError {
  if (thrown instanceof ConnectError) return thrown;
  const error = PlayoutError.from(thrown);
  // Connect's codes have the numbers of gRPC's statuses.
  return new ConnectError(messageOf(error), error.entry.status as number, undefined, [
    { desc: ErrorInfoSchema, value: errorInfoOf(error) },
  ]);
}

/** The words of Connect's JSON for the statuses (connectrpc.com/docs/protocol). */
const codeWords: Readonly<Record<number, string>> = Object.freeze({
  1: "canceled",
  3: "invalid_argument",
  4: "deadline_exceeded",
  5: "not_found",
  6: "already_exists",
  7: "permission_denied",
  8: "resource_exhausted",
  9: "failed_precondition",
  10: "aborted",
  11: "out_of_range",
  12: "unimplemented",
  13: "internal",
  14: "unavailable",
  15: "data_loss",
  16: "unauthenticated",
});

/** An error as the body of an answer that no call of Connect's made: of one that was refused before. */
export function errorBody(error: PlayoutError): string {
  const { code, message, details } = statusOf(error);
  return JSON.stringify({
    code: codeWords[code],
    message,
    details: details.map(({ typeUrl, value }) => ({
      type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1),
      value: Buffer.from(value).toString("base64").replace(/=+$/, ""),
    })),
  });
}
