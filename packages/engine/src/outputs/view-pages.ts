import type { IncomingMessage, ServerResponse } from "node:http";
import { PlayoutError } from "@retrovue/core";
import type { ChannelDemand } from "../channels/channel-demand.js";
import type { ChannelRegistry } from "../channels/channel-registry.js";
import type { ChannelRuntime } from "../channels/channel-runtime.js";
import { answerJson, answerText, type HttpListener } from "../http/http-listener.js";
import { channelReport } from "./channel-report.js";

/** How long a viewer waits for a snapshot (milliseconds): a render process that starts takes a second. */
const snapshotTimeoutMs = 3_000;

/** When to ask again for a snapshot of a channel that runs: its encoder is there in a moment. */
const snapshotRetrySeconds = 1;

/** When to ask again for one of a channel that waits for viewers: no picture brings them, and few come within seconds. */
const idleRetrySeconds = 10;

/**
 * What viewers may reach over HTTP: `/channel/<id>.ts`, `/channel/<id>.jpg`, `/channels.m3u` and `/channels.json`. The stream alone
 * starts a channel that runs on demand.
 */
export class ViewPages {
  /**
   * @param channels all channels of the engine
   * @param demand starts channels that run on demand
   */
  constructor(
    private readonly channels: Pick<
      ChannelRegistry,
      "list" | "running" | "configOf" | "isOnDemand" | "isStoppedByRequest"
    >,
    private readonly demand: Pick<ChannelDemand, "wake">,
  ) {}

  /** @param only the channel that the listener is for; all without it */
  mount(listener: HttpListener, only?: number): void {
    listener.page("/channel/", (request, response) => this.#channel(request, response, only));
    listener.page("/channels.m3u", (request, response) => this.#playlist(request, response, only));
    listener.page("/channels.json", (request, response) => this.#state(request, response, only));
  }

  async #channel(
    request: IncomingMessage,
    response: ServerResponse,
    only: number | undefined,
  ): Promise<void> {
    if (!isRead(request, response)) return;
    const [, digits, kind] = /^\/channel\/(\d{1,10})\.(ts|jpg)$/.exec(pathOf(request)) ?? [];
    const id = Number(digits);
    if (digits === undefined) answerText(response, 404, "Nothing is here.\n");
    else if (only !== undefined && only !== id) answerNotOnAir(response, id);
    else if (kind === "jpg") await this.#still(id, request, response);
    else await this.#stream(id, request, response);
  }

  async #stream(id: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const channel = await this.demand.wake(id, () => !request.socket.destroyed);
    if (channel === undefined) answerNotOnAir(response, id);
    else if (channel.outputs?.httpTs === undefined)
      answerText(response, 404, `Channel ${id} has no output http-ts.\n`);
    else channel.outputs.httpTs.serve(request, response);
  }

  /** Neither starts a channel nor keeps one on air: players load the pictures of a whole playlist, for channels that nobody watches too. */
  async #still(id: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const channel = this.channels.running(id);
    if (channel !== undefined) return await answerSnapshot(channel, request, response);
    if (!this.channels.isOnDemand(id) || this.channels.isStoppedByRequest(id))
      return answerNotOnAir(response, id);
    if (this.channels.configOf(id)?.outputs.length === 0) return answerNotEncoded(response, id);
    const idle = new PlayoutError("Unavailable", `Channel ${id} runs on demand, and nobody watches it.`, {
      remedy: `Open /channel/${id}.ts, which starts it: a picture does not.`,
      details: { channel: id },
    });
    answerLater(response, idle, idleRetrySeconds);
  }

  #playlist(request: IncomingMessage, response: ServerResponse, only: number | undefined): void {
    if (!isRead(request, response)) return;
    const origin = originOf(request);
    const entries = this.channels
      .list()
      .filter(({ id }) => (only === undefined || only === id) && this.#isViewable(id))
      .map(({ id, name: title }) => {
        // Commas and line ends would end the title; quotes the attribute.
        const name = title.replaceAll(/[\r\n",]/g, " ");
        return `#EXTINF:-1 tvg-id="${id}" tvg-name="${name}" tvg-logo="${origin}/channel/${id}.jpg",${name}\n${origin}/channel/${id}.ts\n`;
      });
    response.writeHead(200, {
      "content-type": "audio/x-mpegurl; charset=utf-8",
      "cache-control": "no-store",
    });
    response.end(`#EXTM3U\n${entries.join("")}`);
  }

  #state(request: IncomingMessage, response: ServerResponse, only: number | undefined): void {
    if (!isRead(request, response)) return;
    answerJson(response, 200, { channels: this.#shown(only).map(channelReport) });
  }

  /** On air with a stream, or there as soon as somebody asks. */
  #isViewable(id: number): boolean {
    const running = this.channels.running(id);
    if (running !== undefined) return running.outputs?.httpTs !== undefined;
    const config = this.channels.configOf(id);
    return config?.run === "on-demand" && config.outputs.some(({ type }) => type === "http-ts");
  }

  #shown(only: number | undefined): readonly ChannelRuntime[] {
    return this.channels
      .list()
      .filter(({ id }) => only === undefined || only === id)
      .map(({ id }) => this.channels.running(id))
      .filter((channel) => channel !== undefined);
  }
}

async function answerSnapshot(
  channel: ChannelRuntime,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { outputs, id } = channel;
  if (outputs === undefined) return answerNotEncoded(response, id);
  try {
    const jpeg = await outputs.snapshot(AbortSignal.timeout(snapshotTimeoutMs));
    response.writeHead(200, {
      "content-type": "image/jpeg",
      "content-length": jpeg.length,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    response.end(request.method === "HEAD" ? undefined : jpeg);
  } catch (thrown) {
    answerLater(response, PlayoutError.from(thrown), snapshotRetrySeconds);
  }
}

const answerNotOnAir = (response: ServerResponse, id: number): void =>
  answerText(response, 404, `No channel ${id} is on air.\n`);

const answerNotEncoded = (response: ServerResponse, id: number): void =>
  answerText(response, 404, `Channel ${id} is not encoded, so that nobody makes a picture of it here.\n`);

function answerLater(response: ServerResponse, { code, message }: PlayoutError, seconds: number): void {
  response.setHeader("retry-after", seconds);
  answerText(response, 503, `${code}: ${message}\n`);
}

function isRead(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method === "GET" || request.method === "HEAD") return true;
  response.setHeader("allow", "GET, HEAD");
  answerText(response, 405, "This can only be read.\n");
  return false;
}

const pathOf = (request: IncomingMessage): string => (request.url ?? "/").split("?", 1)[0] ?? "/";

/** Where the viewer reached us, so that its playlist leads there again; what is no host name is not repeated. */
function originOf(request: IncomingMessage): string {
  const named = request.headers.host ?? "";
  if (/^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?$/.test(named)) return `http://${named}`;
  const { localAddress = "127.0.0.1", localPort = 80 } = request.socket;
  return `http://${localAddress.includes(":") ? `[${localAddress}]` : localAddress}:${localPort}`;
}
