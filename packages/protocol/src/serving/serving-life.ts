import { type ControlServices, type Endpoint, PlayoutError } from "@retrovue/core";
import { services } from "../service/services.js";
import { CallLedger } from "./call-ledger.js";
import { ServingHealth } from "./serving-health.js";

/** One address on which a transport takes calls. */
export interface ServingListener {
  readonly endpoint: Endpoint;
  /** Takes no more connections. Idempotent. */
  refuse(): void;
  /** Lets what was answered leave, then cuts. Idempotent. */
  close(): Promise<void>;
}

/**
 * The life that all transports have, as `Transport` says: begun once, stopped as often as one likes. First nothing new is taken and
 * health says so, then calls come to their ends, then connections do.
 */
export class ServingLife {
  /** Serves until `stop`. */
  readonly health = new ServingHealth(services.map(({ typeName }) => typeName));
  #listeners: ServingListener[] = [];
  #ledger: CallLedger | undefined;
  #stopped: Promise<void> | undefined;

  /** Through what this answers all calls go. Throws `WrongState` where it was begun or stopped before, `Cancelled` or `Timeout`. */
  begin(control: ControlServices, signal: AbortSignal): CallLedger {
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
    if (this.#ledger !== undefined || this.#stopped !== undefined) {
      throw new PlayoutError("WrongState", "A transport is started once; make another one.");
    }
    this.#ledger = new CallLedger(control);
    return this.#ledger;
  }

  /**
   * Opens one listener after another, and owns them from then on; answers where they listen. Where one fails, all are closed and its
   * error is thrown.
   */
  async open(openings: Iterable<() => Promise<ServingListener>>): Promise<readonly Endpoint[]> {
    try {
      for (const open of openings) this.#listeners.push(await open());
      return this.#listeners.map(({ endpoint }) => endpoint);
    } catch (thrown) {
      await this.#close();
      throw PlayoutError.from(thrown);
    }
  }

  /** As `Transport.stop`: each caller's own signal may cut calls; the end is everybody's. */
  async stop(signal: AbortSignal): Promise<void> {
    this.health.drain();
    for (const listener of this.#listeners) listener.refuse();
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
