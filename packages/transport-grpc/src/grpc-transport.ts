import {
  type ControlAccess,
  type ControlServices,
  type Endpoint,
  type HttpHost,
  PlayoutError,
  type Transport,
} from "@retrovue/core";
import { services } from "@retrovue/protocol";
import {
  CallLedger,
  Health,
  Reflection,
  type ServerOptions,
  ServerReflection,
  ServingHealth,
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
  readonly #health = new ServingHealth(services.map(({ typeName }) => typeName));
  #listeners: GrpcListener[] = [];
  #ledger: CallLedger | undefined;
  #stopped: Promise<void> | undefined;

  constructor(deps: GrpcTransportDeps) {
    this.#deps = deps;
  }

  async start(control: ControlServices, _host: HttpHost, signal: AbortSignal): Promise<readonly Endpoint[]> {
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
    if (this.#ledger !== undefined || this.#stopped !== undefined) {
      throw new PlayoutError("WrongState", "A transport is started once; make another one.");
    }
    const ledger = new CallLedger(control);
    this.#ledger = ledger;
    const reflection = new Reflection([...services, Health, ServerReflection]);
    const deps = { ...this.#deps, ledger, health: this.#health, reflection };
    try {
      for (const address of this.#deps.options.listen)
        this.#listeners.push(await GrpcListener.open(address, deps, signal));
    } catch (thrown) {
      await this.#close();
      throw PlayoutError.from(thrown);
    }
    return this.#listeners.map(({ endpoint }) => endpoint);
  }

  async stop(signal: AbortSignal): Promise<void> {
    this.#health.drain();
    for (const listener of this.#listeners) listener.refuse();
    // Each caller's own signal may cut; the end is everybody's.
    await this.#ledger?.stop(signal);
    this.#stopped ??= this.#close();
    await this.#stopped;
  }

  async #close(): Promise<void> {
    const listeners = this.#listeners;
    this.#listeners = [];
    await Promise.all(listeners.map((listener) => listener.close()));
  }
}
