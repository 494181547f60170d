import {
  Code,
  ConnectError,
  type ContextValues,
  createContextKey,
  type HandlerContext,
} from "@connectrpc/connect";
import type { ControlAccess, Credentials } from "@retrovue/core";
import { bearerTokenIn, type Caller, readCorrelationId } from "@retrovue/protocol/serving";
import { connectErrorOf } from "./errors.js";

/** What the connection says of a caller. */
export type ConnectionCredentials = Pick<Credentials, "isLocal" | "certificateName" | "address">;

const credentialsKey = createContextKey<ConnectionCredentials>(
  { isLocal: true, certificateName: undefined, address: "in-process" },
  { description: "where a call comes from" },
);
const peerKey = createContextKey<string>("in-process", { description: "who calls" });

/** Notes for a call what its connection says. */
export const withCredentials = (values: ContextValues, credentials: ConnectionCredentials): ContextValues =>
  values.set(credentialsKey, credentials);

/** Asks who calls, before anything of the request is read. */
export const gateOf =
  (access: ControlAccess) =>
  ({ values, requestHeader, service }: HandlerContext): void => {
    // Orchestrators that ask for health cannot say who they are.
    if (service.typeName.startsWith("grpc.health.")) return;
    try {
      const credentials = values.get(credentialsKey);
      const bearerToken = bearerTokenIn(requestHeader.get("authorization") ?? undefined);
      values.set(peerKey, access.admit({ ...credentials, bearerToken }));
    } catch (thrown) {
      throw connectErrorOf(thrown);
    }
  };

/** Who calls, as the ledger wants to know it. */
export const callerOf = ({ values, requestHeader, signal }: HandlerContext): Caller => ({
  peer: values.get(peerKey),
  correlationId: readCorrelationId(requestHeader.get("x-correlation-id") ?? undefined),
  signal: inOurWords(signal),
});

/** The signal with reasons that our errors are made of. */
function inOurWords(signal: AbortSignal): AbortSignal {
  const gone = new AbortController();
  const leave = () => {
    const isLate = signal.reason instanceof ConnectError && signal.reason.code === Code.DeadlineExceeded;
    gone.abort(
      isLate
        ? new DOMException("The caller's deadline passed.", "TimeoutError")
        : new DOMException("The caller has gone.", "AbortError"),
    );
  };
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave, { once: true });
  return gone.signal;
}
