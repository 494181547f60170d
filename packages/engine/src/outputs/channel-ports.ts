import { PlayoutError } from "@retrovue/core";
import { HttpListener } from "../http/http-listener.js";
import type { Log } from "../log/log.js";
import type { ViewPages } from "./view-pages.js";

/** What a request opened. */
export interface OpenedPort {
  /** As `127.0.0.1:9001`. */
  readonly address: string;
  /** Takes the request back: the channel is served where it was before. Never rejects. */
  giveBack(): Promise<void>;
}

/**
 * Ports that serve one channel each: `http://localhost:PORT/channel/ID.ts`. A channel has the one that a request asked for, as a
 * scheduler does, until that is released, and else the one that the configuration gives it, whether or not it is on air. Whoever
 * asks last, also while a port is being opened, has the word.
 */
export class ChannelPorts implements AsyncDisposable {
  readonly #pages: ViewPages;
  readonly #host: string;
  readonly #log: Log;
  readonly #open = new Map<number, { readonly port: number; readonly listener: HttpListener }>();
  /** By channel, the port that a request asked for. */
  readonly #asked = new Map<number, number>();
  /** Each channel of the configuration, and the port that it has there. */
  #configured: ReadonlyMap<number, number | undefined> = new Map();
  #isClosed = false;

  /** @param viewAddress whose host the ports are opened on, as `127.0.0.1:8090` */
  constructor(pages: ViewPages, viewAddress: string, log: Log) {
    this.#pages = pages;
    this.#host = viewAddress.slice(0, viewAddress.lastIndexOf(":"));
    this.#log = log;
  }

  /**
   * Serves a channel where a request wants it, from now on and not on another port any more; asked for again it changes nothing.
   * `PortInUse` or `PermissionDenied`, and then what was served before goes on; `Closed` when the engine has ended meanwhile.
   *
   * @param port 0 for any that is free
   */
  async open(channel: number, port: number): Promise<OpenedPort> {
    const served = await this.#serve(channel, port, () => true);
    if (served === undefined) throw new PlayoutError("Closed", "The engine is closing.");
    const before = this.#asked.get(channel);
    this.#asked.set(channel, served);
    return {
      address: `${this.#host}:${served}`,
      giveBack: () => this.#ask(channel, before),
    };
  }

  /** Gives up what requests opened: the channel is served as the configuration says, or not on a port of its own. Never rejects; idempotent. */
  release(channel: number): Promise<void> {
    return this.#ask(channel, undefined);
  }

  /**
   * From now on the configuration says this. A channel that a request moved stays there until it is released; one that is gone has
   * no port any more. What one channel leaves another may take. A port that is taken is told, and the channel stays where it was (nowhere of
   * its own where another has that port now), since it is served elsewhere as well; the next call tries it again. Never rejects.
   */
  async setConfigured(channels: readonly { readonly id: number; readonly port: number | undefined }[]) {
    const before = this.#configured;
    this.#configured = new Map(channels.map(({ id, port }) => [id, port]));
    for (const id of before.keys()) if (!this.#configured.has(id)) this.#asked.delete(id);
    const moving = [...new Set([...this.#open.keys(), ...this.#configured.keys()])].filter(
      (id) => this.#open.get(id)?.port !== this.#wanted(id),
    );
    for (const id of moving) {
      const port = this.#wanted(id);
      for (const other of moving)
        if (other !== id && port !== undefined && this.#open.get(other)?.port === port)
          await this.#close(other);
      await this.#settle(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#open.keys()].map((channel) => this.#close(channel)));
  }

  #wanted(channel: number): number | undefined {
    return this.#asked.get(channel) ?? this.#configured.get(channel);
  }

  async #ask(channel: number, port: number | undefined): Promise<void> {
    if (port === undefined) this.#asked.delete(channel);
    else this.#asked.set(channel, port);
    // The port that is given up may not stay, whatever becomes of the other.
    if (!(await this.#settle(channel))) await this.#close(channel);
  }

  /** Serves a channel where it is wanted. False where that port cannot be had, which is told. */
  async #settle(channel: number): Promise<boolean> {
    const port = this.#wanted(channel);
    try {
      if (port === undefined) await this.#close(channel);
      else await this.#serve(channel, port, () => this.#wanted(channel) === port);
      return true;
    } catch (thrown) {
      this.#log.error(
        { channel, port, err: PlayoutError.from(thrown) },
        "the channel is not served on its own port",
      );
      return false;
    }
  }

  /** Gives the port; undefined where nobody wants it any more once it is open, and then it is closed again. */
  async #serve(channel: number, port: number, isStillWanted: () => boolean): Promise<number | undefined> {
    const now = this.#open.get(channel);
    if (now !== undefined && now.port === port) return port;
    const listener = new HttpListener(this.#log);
    this.#pages.mount(listener, channel);
    const address = await listener.listen(`${this.#host}:${port}`);
    if (this.#isClosed || !isStillWanted()) {
      await listener[Symbol.asyncDispose]();
      return undefined;
    }
    const kept = { port: Number(address.slice(address.lastIndexOf(":") + 1)), listener };
    // What is open may be another one than when this began.
    const before = this.#open.get(channel);
    this.#open.set(channel, kept);
    await before?.listener[Symbol.asyncDispose]();
    return kept.port;
  }

  async #close(channel: number): Promise<void> {
    const { listener } = this.#open.get(channel) ?? {};
    this.#open.delete(channel);
    await listener?.[Symbol.asyncDispose]();
  }
}
