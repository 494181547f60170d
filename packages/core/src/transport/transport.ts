import type { ControlServices } from "./control-services.js";

/** Where a transport can be reached, for logs and for people. */
export interface Endpoint {
  /** "grpc", "connect" or a plugin's word. */
  readonly protocol: string;
  /** As "127.0.0.1:50051", "http://127.0.0.1:8090" or "unix:/run/retrovue/playout.sock". */
  readonly address: string;
}

/** A request as the engine's HTTP server hands it on: Node's own objects, kept opaque to the core. */
export type HttpHandler = (request: unknown, response: unknown) => void;

/** The engine's HTTP server, as far as a transport may use it. */
export interface HttpHost {
  /** Where it listens, as "127.0.0.1:8090"; undefined while it does not. */
  readonly address?: string | undefined;
  /** Handles every path that begins with `prefix` until disposed. `AlreadyExists` if the prefix is taken. */
  mount(prefix: string, handler: HttpHandler): Disposable;
}

/**
 * **A control-plane server.** It adapts one transport-neutral implementation (`ControlServices`) and adds nothing but
 * encoding, authentication, limits and draining.
 *
 * *Ownership.* The engine owns it; `control` and `host` are borrowed until `stop` has resolved.
 *
 * *Concurrency.* `start` once, `stop` at any time and any number of times. Requests run concurrently.
 *
 * *"Not yet" and "end".* `start` resolves when requests are accepted. `stop` refuses new requests at once, ends streams
 * with `Unavailable`, waits for running calls up to its signal, then cuts them with
 * `Cancelled`: `Unavailable` would say that they never began.
 *
 * *After an error.* `start` rejects with `PortInUse`, `InvalidConfig`, `PermissionDenied`, `Unavailable` for an address that this
 * host has not, or not yet, or `Cancelled`, and listens nowhere.
 */
export interface Transport {
  /** Answers everywhere it listens, the host's own addresses that it mounted on included. */
  start(control: ControlServices, host: HttpHost, signal: AbortSignal): Promise<readonly Endpoint[]>;
  stop(signal: AbortSignal): Promise<void>;
}
