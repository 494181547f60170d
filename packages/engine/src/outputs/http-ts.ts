import type { IncomingMessage, ServerResponse } from "node:http";
import { type MetricsRecorder, type Nanoseconds, PlayoutError } from "@retrovue/core";
import { answerText } from "../http/http-listener.js";
import type { Log } from "../log/log.js";
import { type OutputEvent, OutputEvents } from "./output-events.js";
import type { StreamHub } from "./stream-hub.js";
import { Viewer } from "./viewer.js";

/** What a channel's viewers over HTTP are served with; all borrowed. */
export interface HttpTsOptions {
  readonly hub: StreamHub;
  /** Further ones get 503. */
  readonly clientsMax: number;
  /** Of picture and sound together; what may wait for a viewer follows from it. */
  readonly bitrateKbps: number;
  readonly now: () => Nanoseconds;
  readonly metrics: MetricsRecorder;
  readonly log: Log;
  /** Hears who comes and goes. */
  readonly onEvent: (event: OutputEvent) => void;
}

/** Metrics and logs name the output so. */
const output = "http-ts";

/** A viewer that pauses for two seconds loses nothing (field lesson 34), nor one that takes twice that at a rate's peak. */
const waitingSeconds = 4;
const waitingBytesMin = 2 * 1_024 * 1_024;

/** What may wait for a viewer of a stream of so many kilobits a second, bytes. */
export const waitingBytesMax = (bitrateKbps: number): number =>
  Math.max(waitingBytesMin, (waitingSeconds * bitrateKbps * 1_000) / 8);

/** `/channel/<id>.ts`: the channel's live transport stream, over HTTP, for as long as the channel runs and the viewer stays. */
export class HttpTs {
  readonly #options: HttpTsOptions;
  readonly #events: OutputEvents;
  #clients = 0;

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
    // A live stream has no length; without chunks its bytes are the very stream, which every player understands.
    response.removeHeader("transfer-encoding");
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, { ...streamHeaders, connection: "close" });
    response.flushHeaders();
    this.#admit(response);
  }

  #admit(response: ServerResponse): void {
    const { hub, bitrateKbps, now, metrics, log } = this.#options;
    const peer = peerOf(response);
    const told = this.#events.joined(peer);
    let joined: Disposable | undefined;
    const viewer = new Viewer({
      socket: response,
      bytesMax: waitingBytesMax(bitrateKbps),
      now,
      onBytes: (bytes) => metrics.count("outputBytes", bytes, { output }),
      onDropped: (groups) => {
        metrics.count("outputDropped", groups, { output });
        told.dropped(groups);
      },
      onGone: (why) => {
        joined?.[Symbol.dispose]();
        told.left();
        this.#clients -= 1;
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
