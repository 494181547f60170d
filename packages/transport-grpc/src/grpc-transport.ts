import type { ControlAccess, ControlServices, Endpoint, HttpHost, Transport } from "@retrovue/core";
import { services } from "@retrovue/protocol";
import {
  Health,
  Reflection,
  type ServerOptions,
  ServerReflection,
  ServingLife,
} from "@retrovue/protocol/serving";
import { GrpcListener } from "./grpc-listener.js";

/** What the transport is made with. */
export interface GrpcTransportDeps {
  readonly options: ServerOptions;
  readonly access: ControlAccess;
}

/** The control API over gRPC, with health and reflection beside it. */
export class GrpcTransport implements Transport {
  readonly #deps: GrpcTransportDeps;
  readonly #life = new ServingLife();

  constructor(deps: GrpcTransportDeps) {
    this.#deps = deps;
  }

  async start(control: ControlServices, _host: HttpHost, signal: AbortSignal): Promise<readonly Endpoint[]> {
    const ledger = this.#life.begin(control, signal);
    const reflection = new Reflection([...services, Health, ServerReflection]);
    const deps = { ...this.#deps, ledger, health: this.#life.health, reflection };
    const { listen } = this.#deps.options;
    return await this.#life.open(listen.map((address) => () => GrpcListener.open(address, deps, signal)));
  }

  async stop(signal: AbortSignal): Promise<void> {
    await this.#life.stop(signal);
  }
}
