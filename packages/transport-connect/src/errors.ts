import { ConnectError } from "@connectrpc/connect";
import { PlayoutError } from "@retrovue/core";
import { ErrorInfoSchema, errorInfoOf, messageOf } from "@retrovue/protocol";

/** Anything thrown as Connect wants it: code, message, and the details. Never `unknown`, never a stack. */
export function connectErrorOf(thrown: unknown): ConnectError {
  if (thrown instanceof ConnectError) return thrown;
  const error = PlayoutError.from(thrown);
  // Connect's codes have the numbers of gRPC's statuses.
  return new ConnectError(messageOf(error), error.entry.status as number, undefined, [
    { desc: ErrorInfoSchema, value: errorInfoOf(error) },
  ]);
}
