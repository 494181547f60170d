import { type Transport as ConnectClientTransport, createRouterTransport } from "@connectrpc/connect";
import {
  type ControlServices,
  type Endpoint,
  type HttpHost,
  PlayoutError,
  type Transport,
} from "@retrovue/core";
import { services } from "@retrovue/protocol";
import { CallLedger, ServingHealth } from "@retrovue/protocol/serving";
import { addControl, addHealth } from "./routes.js";

/** The control API without a network, for tests and for programs that run an engine within themselves. */
export class InProcessTransport implements Transport {
  readonly #health = new ServingHealth(services.map(({ typeName }) => typeName));
  #ledger: CallLedger | undefined;
  #isStopped = false;
  #client: ConnectClientTransport | undefined;

  /** What a client of Connect's is made with. `WrongState` before it was started. */
  get client(): ConnectClientTransport {
    if (this.#client === undefined) throw new PlayoutError("WrongState", "The transport was not started.");
    return this.#client;
  }

  async start(control: ControlServices, _host: HttpHost, signal: AbortSignal): Promise<readonly Endpoint[]> {
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
    if (this.#ledger !== undefined || this.#isStopped) {
      throw new PlayoutError("WrongState", "A transport is started once; make another one.");
    }
    const ledger = new CallLedger(control);
    this.#ledger = ledger;
    this.#client = createRouterTransport((router) => {
      addControl(router, ledger);
      addHealth(router, this.#health);
    });
    return [{ protocol: "connect", address: "in-process" }];
  }

  async stop(signal: AbortSignal): Promise<void> {
    this.#isStopped = true;
    this.#health.drain();
    await this.#ledger?.stop(signal);
  }
}
