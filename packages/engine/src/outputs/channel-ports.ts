import { PlayoutError } from "@retrovue/core";
import { HttpListener } from "../http/http-listener.js";
import type { Log } from "../log/log.js";
import type { ViewPages } from "./view-pages.js";

/** Ports that serve one channel each, as a scheduler asks for them: `http://localhost:PORT/channel/ID.ts`. */
export class ChannelPorts implements AsyncDisposable {
  readonly #pages: ViewPages;
  readonly #host: string;
  readonly #log: Log;
  readonly #open = new Map<number, { readonly port: number; readonly listener: HttpListener }>();

  /** @param viewAddress whose host the ports are opened on, as `127.0.0.1:8090` */
  constructor(pages: ViewPages, viewAddress: string, log: Log) {
    this.#pages = pages;
    this.#host = viewAddress.slice(0, viewAddress.lastIndexOf(":"));
    this.#log = log;
  }

  /**
   * Serves a channel on a port, from now on and not on another one any more; asked for again it changes nothing. Gives the
   * address. `PortInUse` or `PermissionDenied`, and then what was served before goes on.
   *
   * @param port 0 for any that is free
   */
  async open(channel: number, port: number): Promise<string> {
    const before = this.#open.get(channel);
    if (before !== undefined && before.port === port && port !== 0) return `${this.#host}:${port}`;
    const listener = new HttpListener(this.#log);
    this.#pages.mount(listener, channel);
    const address = await listener.listen(`${this.#host}:${port}`);
    const kept = { port: Number(address.slice(address.lastIndexOf(":") + 1)), listener };
    this.#open.set(channel, kept);
    await before?.listener[Symbol.asyncDispose]();
    return address;
  }

  /** Serves a channel on no port of its own any more. Idempotent. */
  async close(channel: number): Promise<void> {
    const { listener } = this.#open.get(channel) ?? {};
    this.#open.delete(channel);
    await listener?.[Symbol.asyncDispose]();
  }

  /** Opens what a configuration asks for; a port that is taken is told and left, since the channel is served elsewhere as well. */
  async openConfigured(channels: readonly { readonly id: number; readonly port: number | undefined }[]) {
    for (const { id, port } of channels) {
      if (port === undefined) continue;
      await this.open(id, port).catch((thrown: unknown) =>
        this.#log.error(
          { channel: id, port, err: PlayoutError.from(thrown) },
          "the channel is not served on its own port",
        ),
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.keys()].map((channel) => this.close(channel)));
  }
}
