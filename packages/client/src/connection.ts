import { Agent } from "node:http";
import { createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { MasterClock, PlayoutControl, PlayoutPlans, PlayoutStatus } from "@retrovue/protocol/browser";
import type { PlayoutClient } from "./playout-client.js";

/** How to reach an engine. */
export interface ConnectionOptions {
  /** Sent as `authorization: Bearer`, where the engine asks who calls. */
  readonly token?: string;
  /** Sent with every call, so that it is found in the engine's log and events; a call may send its own. */
  readonly correlationId?: () => string;
}

interface Connection {
  readonly transport: Transport;
  readonly close: () => void;
}

/**
 * A client of the engine at an address: `http://127.0.0.1:8090` or `https://…` (Connect), `grpc://127.0.0.1:50051` (gRPC without
 * encryption), or `unix:/run/retrovue/playout.sock` (gRPC). Nothing is connected before the first call. Throws a `TypeError`
 * for an address of another form.
 */
export function connect(address: string, options: ConnectionOptions = {}): PlayoutClient {
  const { transport, close } = transportTo(address, options);
  return {
    control: createClient(PlayoutControl, transport),
    plans: createClient(PlayoutPlans, transport),
    status: createClient(PlayoutStatus, transport),
    clock: createClient(MasterClock, transport),
    close,
  };
}

/** The transport under a client, for programs that make their own clients. */
export function transportTo(address: string, options: ConnectionOptions = {}): Connection {
  const interceptors = [callingAs(options)];
  if (address.startsWith("unix:")) {
    const path = address.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
    return overHttp2("http://localhost", interceptors, path);
  }
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `grpc://${address}`);
  if (url?.protocol === "grpc:") return overHttp2(`http://${url.host}`, interceptors, undefined);
  if (url?.protocol === "http:" || url?.protocol === "https:") {
    const agent = url.protocol === "http:" ? new Agent({ keepAlive: true }) : undefined;
    const transport = createConnectTransport({
      baseUrl: address.replace(/\/$/, ""),
      httpVersion: "1.1",
      interceptors,
      ...(agent && { nodeOptions: { agent } }),
    });
    return { transport, close: () => agent?.destroy() };
  }
  throw new TypeError(
    `${address} is no address of an engine; write http://HOST:PORT, grpc://HOST:PORT or unix:PATH.`,
  );
}

function overHttp2(baseUrl: string, interceptors: Interceptor[], path: string | undefined): Connection {
  const sessionManager = new Http2SessionManager(baseUrl, {}, path === undefined ? {} : ({ path } as object));
  const transport = createGrpcTransport({ baseUrl, interceptors, sessionManager });
  return { transport, close: () => closeSessions(sessionManager) };
}

/** A connection that is being made when it is closed fails nobody's call: its failure is nobody's to hear. */
function closeSessions(sessions: Http2SessionManager): void {
  const state = sessions.state();
  if (state === "connecting" || state === "verifying") sessions.connect().catch(() => {});
  sessions.abort();
}

const callingAs =
  ({ token, correlationId }: ConnectionOptions): Interceptor =>
  (next) =>
  (request) => {
    if (token !== undefined) request.header.set("authorization", `Bearer ${token}`);
    if (correlationId !== undefined && !request.header.has("x-correlation-id"))
      request.header.set("x-correlation-id", correlationId());
    return next(request);
  };
