import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type MetricsRecorder, type Nanoseconds, nanosecondsFromMs, PlayoutError } from "@retrovue/core";
import { answerText } from "../http/http-listener.js";
import type { Log } from "../log/log.js";
import { type OutputEvent, OutputEvents } from "./output-events.js";
import type { StreamHub } from "./stream-hub.js";
import { Viewer, type ViewerSocket } from "./viewer.js";

/** What a channel's viewers over HTTP are served with; all borrowed. */
export interface HttpTsOptions {
  readonly hub: StreamHub;
  /** Further ones get 503. */
  readonly clientsMax: number;
  /** Of picture and sound together; what may wait for a viewer follows from it. */
  readonly bitrateKbps: number;
  /** Longest time between two random access points. Who joins gets so much at once. */
  readonly gopMs: number;
  readonly now: () => Nanoseconds;
  readonly metrics: MetricsRecorder;
  readonly log: Log;
  /** Hears who comes and goes. */
  readonly onEvent: (event: OutputEvent) => void;
}

/** How often bytes are counted: metrics are scraped far more rarely than bytes are sent. */
const countEveryNs = nanosecondsFromMs(1_000);

/** Metrics and logs name the output so. */
const output = "http-ts";

/** A viewer that pauses for two seconds loses nothing (field lesson 34), nor one that takes twice that at a rate's peak. */
const waitingMsMin = 4_000;
/** Beyond the kept group, which is given to who joins and cannot be dropped in part: what comes while it is taken. */
const besidesGroupMs = 2_000;
const waitingBytesMin = 2 * 1_024 * 1_024;

/** What may wait for a viewer of a stream of so many kilobits a second, in groups of so many milliseconds at most; bytes. */
export const waitingBytesMax = (bitrateKbps: number, gopMs: number): number =>
  Math.max(waitingBytesMin, (Math.max(waitingMsMin, gopMs + besidesGroupMs) * bitrateKbps) / 8);

/** `/channel/<id>.ts`: the channel's live transport stream, over HTTP, for as long as the channel runs and the viewer stays. */
export class HttpTs {
  readonly #options: HttpTsOptions;
  readonly #events: OutputEvents;
  #clients = 0;
  #bytes = 0;
  #countedAt: Nanoseconds | undefined;

  constructor(options: HttpTsOptions) {
    this.#options = options;
    this.#events = new OutputEvents({ output, now: options.now, tell: options.onEvent });
    options.metrics.gauge("outputClients", 0, { output });
  }

  /** Viewers connected. */
  get clients(): number {
    return this.#clients;
  }

  /** Answers one request with the stream; it ends with the channel, or when the viewer leaves. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    const { clientsMax, log } = this.#options;
    if (request.method === "HEAD") {
      response.writeHead(200, streamHeaders).end();
      return;
    }
    if (this.#clients >= clientsMax) {
      log.warn({ clients: this.#clients }, "a viewer was turned away: the channel has as many as it may");
      response.setHeader("retry-after", "5");
      answerText(response, 503, "This channel has as many viewers as it may have.\n");
      return;
    }
    const { socket } = response;
    // One that left while its channel was being woken has closed already, and nobody would hear it go.
    if (socket === null || socket.destroyed) return;
    // A live stream has no length. In chunks its end can be told from a break; who speaks HTTP/1.0 gets the very stream.
    const isChunked = request.httpVersion !== "1.0";
    if (!isChunked) response.useChunkedEncodingByDefault = false;
    const encoding = isChunked ? { "transfer-encoding": "chunked" } : undefined;
    response.writeHead(200, { ...streamHeaders, ...encoding, connection: "close" });
    response.flushHeaders();
    this.#admit(response, isChunked ? new ChunkedSocket(socket) : new PlainSocket(socket));
  }

  #admit(response: ServerResponse, socket: ViewerSocket): void {
    const { hub, bitrateKbps, gopMs, now, metrics, log } = this.#options;
    const peer = peerOf(response);
    const told = this.#events.joined(peer);
    let joined: Disposable | undefined;
    const viewer = new Viewer({
      socket,
      bytesMax: waitingBytesMax(bitrateKbps, gopMs),
      now,
      onBytes: (bytes) => this.#count(bytes),
      onDropped: (groups) => {
        metrics.count("outputDropped", groups, { output });
        told.dropped(groups);
      },
      onGone: (why) => {
        joined?.[Symbol.dispose]();
        told.left();
        this.#clients -= 1;
        this.#tellCount();
        metrics.gauge("outputClients", this.#clients, { output });
        if (why === "stalled") log.warn("a viewer that took nothing for ten seconds was disconnected");
        else log.debug({ why }, "a viewer left");
      },
    });
    this.#clients += 1;
    metrics.gauge("outputClients", this.#clients, { output });
    response.on("error", (error) => log.debug({ err: PlayoutError.from(error) }, "a viewer's connection"));
    joined = hub.join(viewer);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#countedAt !== undefined && this.#options.now() - this.#countedAt < countEveryNs) return;
    this.#tellCount();
  }

  #tellCount(): void {
    if (this.#bytes > 0) this.#options.metrics.count("outputBytes", this.#bytes, { output });
    this.#bytes = 0;
    this.#countedAt = this.#options.now();
  }
}

/** Writes past Node's response, which would take three writes for a chunk, to the connection that is ours once headers are sent. */
class PlainSocket implements ViewerSocket {
  constructor(protected readonly socket: Socket) {}

  write(bytes: Uint8Array): boolean {
    return this.socket.write(bytes);
  }

  end(): void {
    this.socket.destroySoon();
  }

  destroy(): void {
    this.socket.destroy();
  }

  on(event: "drain" | "close", listener: () => void): void {
    this.socket.on(event, listener);
  }
}

const lineEnd = Buffer.from("\r\n");

/** RFC 9112, 7.1. */
class ChunkedSocket extends PlainSocket {
  override write(bytes: Uint8Array): boolean {
    return super.write(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, lineEnd]));
  }

  override end(): void {
    super.write(Buffer.from("0\r\n\r\n"));
    super.end();
  }
}

const peerOf = ({ socket }: ServerResponse): string =>
  `${socket?.remoteAddress ?? "unknown"}:${socket?.remotePort ?? 0}`;

const streamHeaders = {
  "content-type": "video/mp2t",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  // What an intermediate proxy must not collect before it passes it on.
  "x-accel-buffering": "no",
} as const;
