import { createServer as createTcpServer, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { type ControlAccess, type Endpoint, invariant } from "@retrovue/core";
import { services } from "@retrovue/protocol";
import {
  type CallLedger,
  Health,
  type Listener,
  listenOn,
  OpenSockets,
  parseListen,
  type Reflection,
  readTls,
  type ServerOptions,
  ServerReflection,
  type ServingHealth,
  type ServingListener,
} from "@retrovue/protocol/serving";
import { controlHandler } from "./control-handlers.js";
import { detailedRefusals } from "./detailed-refusals.js";
import { checkHandler, reflectionHandler, watchHandler } from "./public-handlers.js";
import { serviceOf } from "./service-definition.js";

/** What one listener serves, and how. */
export interface GrpcListenerDeps {
  readonly ledger: CallLedger;
  readonly health: ServingHealth;
  readonly reflection: Reflection;
  readonly access: ControlAccess;
  readonly options: ServerOptions;
}

/** How long an answer to a keep-alive may take, milliseconds. */
const keepaliveTimeoutMs = 10_000;

/** Calls of one connection at one time: far beyond what a scheduler does, far below what memory allows. */
const streamsPerConnectionMax = 256;

/** The older name of the reflection service, by which most tools still ask; the messages are the same. */
const reflectionBefore = "grpc.reflection.v1alpha.ServerReflection";

/**
 * One address on which gRPC is spoken. We accept the connections, so that sockets have our permissions and bounds, and hand
 * them to the gRPC server.
 */
export class GrpcListener implements ServingListener {
  readonly endpoint: Endpoint;
  readonly #listener: Listener;
  readonly #server: Server;
  readonly #sockets: OpenSockets;

  private constructor(listener: Listener, server: Server, sockets: OpenSockets) {
    this.endpoint = { protocol: "grpc", address: listener.address };
    this.#listener = listener;
    this.#server = server;
    this.#sockets = sockets;
  }

  /** Begins to listen. Errors as `Transport.start` has them. */
  static async open(address: string, deps: GrpcListenerDeps, signal: AbortSignal): Promise<GrpcListener> {
    const { access, options } = deps;
    const at = parseListen(address);
    const sockets = new OpenSockets();
    let inject: ((socket: Socket) => void) | undefined;
    const accept = (socket: Socket) => {
      invariant(inject !== undefined, "connections come after the server was made");
      sockets.keep(socket);
      inject(socket);
    };
    const tls = at.kind === "tcp" ? access.tls : undefined;
    const acceptor: NetServer =
      tls === undefined
        ? createTcpServer(accept)
        : createTlsServer({ ...readTls(tls), ALPNProtocols: ["h2"] }, accept).on("tlsClientError", () => {});
    const listener = await listenOn(acceptor, at, {
      ...options,
      opensBeyondLoopback: access.opensBeyondLoopback,
      signal,
    });
    const server = serverFor(deps, listener.isLocal);
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    inject = (socket) => injector.injectConnection(socket);
    return new GrpcListener(listener, server, sockets);
  }

  /** Takes no more connections. */
  refuse(): void {
    this.#listener.close();
  }

  /** Lets what was answered leave, then cuts. Idempotent. */
  async close(): Promise<void> {
    this.refuse();
    // Its callback comes before answers have left, so the sockets themselves tell.
    this.#server.tryShutdown(() => {});
    await this.#sockets.flushed();
    this.#server.forceShutdown();
    this.#sockets.cut();
  }
}

function serverFor(
  { ledger, health, reflection, access, options }: GrpcListenerDeps,
  isLocal: boolean,
): Server {
  const server = new Server({
    "grpc.max_receive_message_length": access.messageBytesMax,
    "grpc.max_concurrent_streams": streamsPerConnectionMax,
    "grpc.keepalive_time_ms": options.keepaliveMs,
    "grpc.keepalive_timeout_ms": keepaliveTimeoutMs,
    "grpc.enable_channelz": 0,
    interceptors: [detailedRefusals(access.messageBytesMax)],
  });
  const add = (service: DescService, handlerOf: Parameters<typeof serviceOf>[1], name?: string) =>
    server.addService(...serviceOf(service, handlerOf, name));
  for (const service of services)
    add(service, (method: DescMethod) => controlHandler(method, { ledger, access, isLocal }));
  add(Health, ({ name }) => (name === "Watch" ? watchHandler(health) : checkHandler(health)));
  for (const name of [ServerReflection.typeName, reflectionBefore])
    add(ServerReflection, () => reflectionHandler(reflection, access, isLocal), name);
  return server;
}
