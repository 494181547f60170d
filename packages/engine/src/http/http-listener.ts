import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type HttpHandler, type HttpHost, PlayoutError } from "@retrovue/core";
import { connectErrorBody } from "@retrovue/protocol";
import type { Log } from "../log/log.js";

/** Answers one request. What it throws becomes a 500 without details. */
export type PageHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A request that has not sent its headers by then is cut: half-open connections must not pile up (milliseconds). */
const headersTimeoutMs = 10_000;

/** Connections at one time; viewers have bounds of their own. */
const connectionsMax = 1_024;

/** When to ask again where something is still to come: an engine starts in a second or a few. */
const retryAfterSeconds = 1;

/** One HTTP server of the engine, on which pages, outputs and transports are mounted by the beginning of their path. */
export class HttpListener implements HttpHost, AsyncDisposable {
  readonly #server: Server;
  readonly #log: Log;
  #address: string | undefined;
  /** By prefix; the longest that fits answers. */
  readonly #handlers = new Map<string, PageHandler>();
  /** By prefix, whether something is still to be mounted there, or was until a moment ago. */
  readonly #announced = new Map<string, () => boolean>();

  constructor(log: Log) {
    this.#log = log;
    this.#server = createServer({ headersTimeout: headersTimeoutMs }, (request, response) => {
      void this.#answer(request, response);
    });
    this.#server.maxConnections = connectionsMax;
  }

  get address(): string | undefined {
    return this.#address;
  }

  /**
   * Begins to listen and tells where, as `127.0.0.1:8090`: port 0 becomes the one that was free. `PortInUse`, `PermissionDenied`,
   * or `Unavailable` for an address that this host has not, or has not yet.
   */
  listen(address: string): Promise<string> {
    const { host, port } = parseAddress(address);
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException) => reject(listenError(address, error));
      this.#server.once("error", onError);
      this.#server.listen({ host, port, exclusive: true }, () => {
        this.#server.off("error", onError);
        this.#server.on("error", (error) => this.#log.error({ err: error, address }, "http listener"));
        this.#address = formatAddress(this.#server.address() as AddressInfo);
        resolve(this.#address);
      });
    });
  }

  mount(prefix: string, handler: HttpHandler): Disposable {
    return this.page(prefix, (request, response) => handler(request, response));
  }

  /** Like `mount`, with Node's types. `AlreadyExists` if the prefix is taken. */
  page(prefix: string, handler: PageHandler): Disposable {
    if (this.#handlers.has(prefix)) {
      throw new PlayoutError("AlreadyExists", `Something is mounted at ${prefix} already.`);
    }
    this.#handlers.set(prefix, handler);
    return {
      [Symbol.dispose]: () => {
        if (this.#handlers.get(prefix) === handler) this.#handlers.delete(prefix);
      },
    };
  }

  /**
   * Says that something has its place at `prefix`: while nothing is mounted there and `isAwaited`, the answer is 503 with
   * `Retry-After`, since clients take a 404 for final. The body is an error of the Connect protocol, whose clients may call there.
   */
  announce(prefix: string, isAwaited: () => boolean): void {
    this.#announced.set(prefix, isAwaited);
  }

  /** Refuses new connections, cuts those that remain, and resolves when all are gone. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    try {
      const handler = this.#handlerOf(path);
      if (handler === undefined) answerText(response, 404, "Nothing is here.\n");
      else await handler(request, response);
    } catch (thrown) {
      this.#log.error({ err: thrown, path }, "a request failed");
      if (!response.headersSent)
        answerText(response, 500, "The engine failed to answer; its log says why.\n");
      else response.destroy();
    }
  }

  #handlerOf(path: string): PageHandler | undefined {
    const mounted = longestPrefix(this.#handlers.keys(), path);
    const announced = longestPrefix(this.#announced.keys(), path);
    const isDeeper = announced !== undefined && announced.length > (mounted?.length ?? -1);
    if (isDeeper && this.#announced.get(announced)?.()) return answerNotNow;
    return mounted === undefined ? undefined : this.#handlers.get(mounted);
  }
}

/** The longest of the prefixes that `path` begins with. */
function longestPrefix(prefixes: Iterable<string>, path: string): string | undefined {
  let longest: string | undefined;
  for (const prefix of prefixes) {
    if (path.startsWith(prefix) && prefix.length > (longest?.length ?? -1)) longest = prefix;
  }
  return longest;
}

function answerNotNow(_request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("retry-after", retryAfterSeconds);
  writeJson(response, 503, connectErrorBody(notNow));
}

const notNow = new PlayoutError("Unavailable", "The engine is starting or ending.", {
  remedy: "Call again.",
});

/** Answers a few lines of plain text. */
export function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
  response.end(text);
}

/** Answers one JSON object. */
export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  writeJson(response, status, JSON.stringify(value));
}

function writeJson(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(`${text}\n`);
}

function parseAddress(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(":");
  return { host: address.slice(0, at).replace(/^\[(.*)\]$/, "$1"), port: Number(address.slice(at + 1)) };
}

const formatAddress = ({ address, family, port }: AddressInfo): string =>
  family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`;

function listenError(address: string, error: NodeJS.ErrnoException): PlayoutError {
  const details = { address };
  if (error.code === "EADDRINUSE") {
    return new PlayoutError("PortInUse", `Another program listens on ${address}.`, {
      cause: error,
      remedy: "End it, or choose another port.",
      details,
    });
  }
  if (error.code === "EACCES") {
    return new PlayoutError("PermissionDenied", `Listening on ${address} is not allowed.`, {
      cause: error,
      remedy: "Choose a port above 1023.",
      details,
    });
  }
  // How the address is written was checked before: a network that is late, a floating address and a name service pass by themselves.
  return new PlayoutError(
    "Unavailable",
    `${address} cannot be listened on (${error.code ?? error.message}).`,
    {
      cause: error,
      remedy: "Choose an address that this host has.",
      details,
    },
  );
}
