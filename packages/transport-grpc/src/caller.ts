import type { Deadline, Metadata, ServerUnaryCall } from "@grpc/grpc-js";
import type { ControlAccess } from "@retrovue/core";
import { bearerTokenIn, type Caller, certificateNameOf, readCorrelationId } from "@retrovue/protocol/serving";

type AuthContext = ReturnType<ServerUnaryCall<unknown, unknown>["getAuthContext"]>;

/** What all kinds of calls of grpc-js have. */
interface AnyCall {
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  getPeer(): string;
  getDeadline(): Deadline;
  getAuthContext(): AuthContext;
  on(event: "cancelled", listener: () => void): unknown;
}

/** Who calls. `Unauthenticated` where the caller may not. */
export function callerOf(call: AnyCall, access: ControlAccess, isLocal: boolean): Caller {
  const address = call.getPeer();
  const peer = access.admit({
    isLocal,
    address: address === "unknown" ? "unix" : address,
    bearerToken: bearerTokenIn(textOf(call.metadata, "authorization")),
    certificateName: certificateNameIn(call),
  });
  return {
    peer,
    correlationId: readCorrelationId(textOf(call.metadata, "x-correlation-id")),
    signal: signalOf(call),
  };
}

/** Aborts when the caller goes, or when its deadline passes. */
export function signalOf(call: Pick<AnyCall, "getDeadline" | "on" | "cancelled">): AbortSignal {
  const gone = new AbortController();
  const leave = () => {
    const isLate = Number(call.getDeadline()) <= Date.now();
    gone.abort(
      isLate
        ? new DOMException("The caller's deadline passed.", "TimeoutError")
        : new DOMException("The caller has gone.", "AbortError"),
    );
  };
  if (call.cancelled) leave();
  else call.on("cancelled", leave);
  return gone.signal;
}

function certificateNameIn(call: AnyCall): string | undefined {
  const { sslPeerCertificate } = call.getAuthContext();
  // Only verified certificates are handed on by the listener's TLS; see GrpcListener.
  if (sslPeerCertificate === undefined) return undefined;
  return certificateNameOf({ authorized: true, getPeerCertificate: () => sslPeerCertificate });
}

function textOf(metadata: Metadata, key: string): string | undefined {
  const [value] = metadata.get(key);
  return typeof value === "string" ? value : undefined;
}
