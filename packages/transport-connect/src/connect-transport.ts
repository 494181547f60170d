import {
  type ControlAccess,
  type ControlServices,
  type Endpoint,
  type HttpHost,
  PlayoutError,
  type Transport,
} from "@retrovue/core";
import { services } from "@retrovue/protocol";
import { CallLedger, parseListen, type ServerOptions, ServingHealth } from "@retrovue/protocol/serving";
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
  readonly #health = new ServingHealth(services.map(({ typeName }) => typeName));
  #listeners: ConnectListener[] = [];
  #mounts: Disposable[] = [];
  #ledger: CallLedger | undefined;
  #stopped: Promise<void> | undefined;

  constructor(deps: ConnectTransportDeps) {
    this.#deps = deps;
  }

  async start(control: ControlServices, host: HttpHost, signal: AbortSignal): Promise<readonly Endpoint[]> {
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
    if (this.#ledger !== undefined || this.#stopped !== undefined) {
      throw new PlayoutError("WrongState", "A transport is started once; make another one.");
    }
    const { access, options } = this.#deps;
    const ledger = new CallLedger(control);
    this.#ledger = ledger;
    const handler = new RequestHandler({
      access,
      routes: (router) => {
        addControl(router, ledger);
        addHealth(router, this.#health);
        addReflection(router);
      },
    });
    try {
      const mounted = this.#mount(host, handler);
      const own = options.listen.filter((address) => !isHosts(address, host));
      for (const address of own)
        this.#listeners.push(await ConnectListener.open(address, { handler, access, options }, signal));
      return [...mounted, ...this.#listeners.map(({ endpoint }) => endpoint)];
    } catch (thrown) {
      await this.#close();
      throw PlayoutError.from(thrown);
    }
  }

  async stop(signal: AbortSignal): Promise<void> {
    this.#health.drain();
    for (const listener of this.#listeners) listener.refuse();
    await this.#ledger?.stop(signal);
    this.#stopped ??= this.#close();
    await this.#stopped;
  }

  #mount(host: HttpHost, handler: RequestHandler): readonly Endpoint[] {
    const answer = (request: unknown, response: unknown) =>
      void handler.answer(request as NodeRequest, response as NodeResponse);
    for (const prefix of prefixes) this.#mounts.push(host.mount(prefix, answer));
    return host.address === undefined ? [] : [{ protocol: "connect", address: `http://${host.address}` }];
  }

  async #close(): Promise<void> {
    const listeners = this.#listeners;
    this.#listeners = [];
    await Promise.all(listeners.map((listener) => listener.close()));
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
