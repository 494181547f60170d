import {
  type ControlAccess,
  type ControlServices,
  type Endpoint,
  type HttpHost,
  PlayoutError,
  type Transport,
} from "@retrovue/core";
import { parseListen, type ServerOptions, ServingLife } from "@retrovue/protocol/serving";
import { ConnectListener } from "./connect-listener.js";
import { type NodeRequest, type NodeResponse, RequestHandler } from "./request-handler.js";
import { addControl, addHealth, addReflection } from "./routes.js";

/** What the transport is made with. */
export interface ConnectTransportDeps {
  readonly options: ServerOptions;
  readonly access: ControlAccess;
}

/** Beginnings of the paths that are ours on the engine's own HTTP server. */
const prefixes = ["/retrovue.playout.", "/grpc.health.v1."];

/**
 * The control API over Connect, gRPC-Web and, where HTTP/2 is spoken, gRPC. It always serves on the engine's own HTTP server, and
 * besides wherever its options say.
 */
export class ConnectTransport implements Transport {
  readonly #deps: ConnectTransportDeps;
  readonly #life = new ServingLife();
  #mounts: Disposable[] = [];

  constructor(deps: ConnectTransportDeps) {
    this.#deps = deps;
  }

  async start(control: ControlServices, host: HttpHost, signal: AbortSignal): Promise<readonly Endpoint[]> {
    const { access, options } = this.#deps;
    const ledger = this.#life.begin(control, signal);
    const handler = new RequestHandler({
      access,
      routes: (router) => {
        addControl(router, ledger);
        addHealth(router, this.#life.health);
        addReflection(router);
      },
    });
    try {
      const mounted = this.#mount(host, handler);
      const own = options.listen.filter((address) => !isHosts(address, host));
      const deps = { handler, access, options };
      const opened = await this.#life.open(
        own.map((address) => () => ConnectListener.open(address, deps, signal)),
      );
      return [...mounted, ...opened];
    } catch (thrown) {
      this.#unmount();
      throw PlayoutError.from(thrown);
    }
  }

  async stop(signal: AbortSignal): Promise<void> {
    await this.#life.stop(signal);
    this.#unmount();
  }

  #mount(host: HttpHost, handler: RequestHandler): readonly Endpoint[] {
    const answer = (request: unknown, response: unknown) =>
      void handler.answer(request as NodeRequest, response as NodeResponse);
    for (const prefix of prefixes) this.#mounts.push(host.mount(prefix, answer));
    return host.address === undefined ? [] : [{ protocol: "connect", address: `http://${host.address}` }];
  }

  #unmount(): void {
    for (const mount of this.#mounts) mount[Symbol.dispose]();
    this.#mounts = [];
  }
}

/** True for the address of the engine's own server, on which we are mounted anyway. */
function isHosts(address: string, host: HttpHost): boolean {
  const at = parseListen(address);
  return (
    at.kind === "tcp" &&
    (at.scheme === "http" || at.scheme === "") &&
    `${at.host}:${at.port}` === host.address
  );
}
