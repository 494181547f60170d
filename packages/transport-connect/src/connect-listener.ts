import type { EventEmitter } from "node:events";
import { createServer as createHttp1Server } from "node:http";
import { createServer as createHttp2Server, createSecureServer, type Http2Session } from "node:http2";
import { createServer, type Server as NetServer, type Socket } from "node:net";
import { type ControlAccess, type Endpoint, PlayoutError } from "@retrovue/core";
import {
  type ListenAddress,
  type Listener,
  listenOn,
  OpenSockets,
  parseListen,
  readTls,
  type ServerOptions,
  type ServingListener,
} from "@retrovue/protocol/serving";
import type { NodeRequest, NodeResponse, RequestHandler } from "./request-handler.js";

/** A request that has not sent its headers by then is cut: half-open connections must not pile up (milliseconds). */
const headersTimeoutMs = 10_000;

/** Calls of one HTTP/2 connection at one time. */
const streamsPerConnectionMax = 256;

/** What a listener works with. */
export interface ConnectListenerDeps {
  readonly handler: RequestHandler;
  readonly access: ControlAccess;
  readonly options: ServerOptions;
}

type Answer = (request: NodeRequest, response: NodeResponse) => void;

/**
 * One address of its own: `http://` (HTTP/1.1: Connect and gRPC-Web), `h2c://` (HTTP/2 without encryption: gRPC as well), `https://`
 * (both), `unix:` (HTTP/1.1) or `h2c+unix:`.
 */
export class ConnectListener implements ServingListener {
  readonly endpoint: Endpoint;
  readonly #listener: Listener;
  readonly #sockets: OpenSockets;
  readonly #sessions: Set<Http2Session>;
  readonly #closeIdle: () => void;

  private constructor(listener: Listener, endpoint: Endpoint, made: Made) {
    this.endpoint = endpoint;
    this.#listener = listener;
    this.#sockets = made.sockets;
    this.#sessions = made.sessions;
    this.#closeIdle = made.closeIdle;
  }

  /** Begins to listen. Errors as `Transport.start` has them. */
  static async open(
    address: string,
    deps: ConnectListenerDeps,
    signal: AbortSignal,
  ): Promise<ConnectListener> {
    const { handler, access, options } = deps;
    const at = parseListen(address);
    let isLocal = true;
    const made = make(at, access, (request, response) => void handler.answer(request, response, isLocal));
    const listener = await listenOn(made.acceptor, at, {
      ...options,
      opensBeyondLoopback: access.opensBeyondLoopback,
      signal,
    });
    isLocal = listener.isLocal;
    const shown =
      at.kind === "unix"
        ? listener.address
        : `${at.scheme === "" ? "http" : at.scheme}://${listener.address}`;
    return new ConnectListener(
      listener,
      { protocol: at.scheme.startsWith("h2c") ? "grpc" : "connect", address: shown },
      made,
    );
  }

  /** Takes no more connections. */
  refuse(): void {
    this.#listener.close();
  }

  /** Lets what was answered leave, then cuts. Idempotent. */
  async close(): Promise<void> {
    this.refuse();
    for (const session of this.#sessions) session.close();
    this.#closeIdle();
    await this.#sockets.flushed();
    this.#sockets.cut();
  }
}

interface Made {
  readonly acceptor: NetServer;
  readonly sockets: OpenSockets;
  readonly sessions: Set<Http2Session>;
  readonly closeIdle: () => void;
}

/**
 * Connections of HTTP/2 are accepted by us and handed on: Node's HTTP/2 servers break off all their sessions when they take no
 * more connections, and answers that are being made would be lost. Its HTTP/1.1 servers guard their own connections.
 */
function make(at: ListenAddress, access: ControlAccess, answer: Answer): Made {
  const sockets = new OpenSockets();
  const sessions = new Set<Http2Session>();
  const keep = (socket: Socket) => sockets.keep(socket);
  if (at.scheme === "" || at.scheme === "http") {
    const server = createHttp1Server({ headersTimeout: headersTimeoutMs }, answer).on("connection", keep);
    return { acceptor: server, sockets, sessions, closeIdle: () => server.closeIdleConnections() };
  }
  const server = http2ServerOf(at.scheme, access, answer);
  server.on("session", (session: Http2Session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.on("error", () => {});
  });
  const acceptor = createServer((socket) => {
    keep(socket);
    server.emit("connection", socket);
  });
  return { acceptor, sockets, sessions, closeIdle: () => {} };
}

function http2ServerOf(scheme: string, access: ControlAccess, answer: Answer): EventEmitter {
  const settings = { settings: { maxConcurrentStreams: streamsPerConnectionMax } };
  if (scheme === "h2c") return createHttp2Server(settings, answer);
  if (scheme !== "https") {
    throw new PlayoutError("InvalidConfig", `${scheme} is not spoken here.`, {
      remedy: "Write http, https, h2c or unix.",
    });
  }
  if (access.tls === undefined)
    throw new PlayoutError("InvalidConfig", "https needs a certificate.", { remedy: "Add security.tls." });
  const server = createSecureServer({ ...readTls(access.tls), allowHTTP1: true, ...settings }, answer);
  return server.on("tlsClientError", () => {});
}
