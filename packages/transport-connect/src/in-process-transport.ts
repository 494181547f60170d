import { type Transport as ConnectClientTransport, createRouterTransport } from "@connectrpc/connect";
import {
  type ControlServices,
  type Endpoint,
  type HttpHost,
  PlayoutError,
  type Transport,
} from "@retrovue/core";
import { ServingLife } from "@retrovue/protocol/serving";
import { addControl, addHealth } from "./routes.js";

/** The control API without a network, for tests and for programs that run an engine within themselves. */
export class InProcessTransport implements Transport {
  readonly #life = new ServingLife();
  #client: ConnectClientTransport | undefined;

  /** What a client of Connect's is made with. `WrongState` before it was started. */
  get client(): ConnectClientTransport {
    if (this.#client === undefined) throw new PlayoutError("WrongState", "The transport was not started.");
    return this.#client;
  }

  async start(control: ControlServices, _host: HttpHost, signal: AbortSignal): Promise<readonly Endpoint[]> {
    const ledger = this.#life.begin(control, signal);
    this.#client = createRouterTransport((router) => {
      addControl(router, ledger);
      addHealth(router, this.#life.health);
    });
    return [{ protocol: "connect", address: "in-process" }];
  }

  async stop(signal: AbortSignal): Promise<void> {
    await this.#life.stop(signal);
  }
}
