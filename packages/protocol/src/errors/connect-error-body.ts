import { statusOf } from "./error-info.js";

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

/** Anything thrown as the body of an answer that none of Connect's handlers made: of a call that was refused before it came to one. */
export function connectErrorBody(thrown: unknown): string {
  const { code, message, details } = statusOf(thrown);
  return JSON.stringify({
    code: codeWords[code],
    message,
    details: details.map(({ typeUrl, value }) => ({
      type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1),
      value: Buffer.from(value).toString("base64").replace(/=+$/, ""),
    })),
  });
}
