import {
  type Clock,
  type MetricsRecorder,
  type Nanoseconds,
  nanosecondsFromMs,
  PlayoutError,
} from "@retrovue/core";
import type { ChannelConfig, OutputConfig } from "../config/playout-config.js";
import type { Log } from "../log/log.js";
import type { RenderHost } from "../render/render-line.js";
import { RenderSupervisor } from "../render/render-supervisor.js";
import { HttpTs } from "./http-ts.js";
import type { OutputEvent } from "./output-events.js";
import { StreamHub } from "./stream-hub.js";

/** What a channel's outputs are made with; all borrowed. */
export interface ChannelOutputsOptions {
  readonly config: Pick<ChannelConfig, "outputs" | "encode">;
  readonly render: RenderHost;
  readonly clock: Clock;
  /** Any time that never steps. */
  readonly now: () => Nanoseconds;
  readonly metrics: MetricsRecorder;
  readonly log: Log;
  /** Hears what happens to them. */
  readonly onEvent: (event: OutputEvent) => void;
}

/** A snapshot is as good as new for this long: many who ask cost one picture a second. */
const snapshotNsMax = nanosecondsFromMs(1_000);

/**
 * Everything that leaves a channel as a stream: its renderer, the hub that its bytes go through, and the outputs that the
 * configuration names. It begins when it is made and ends with `stop`.
 */
export class ChannelOutputs {
  /** Where further takers of the stream join. */
  readonly hub = new StreamHub();
  /** Undefined where the channel has no such output. */
  readonly httpTs: HttpTs | undefined;
  readonly #renderer: RenderSupervisor;
  readonly #now: () => Nanoseconds;
  #snapshot: { readonly jpeg: Promise<Uint8Array>; readonly at: Nanoseconds } | undefined;

  constructor(options: ChannelOutputsOptions) {
    const { config, render, clock, now, metrics, log, onEvent } = options;
    this.#now = now;
    const httpTs = config.outputs.find(isHttpTs);
    const { video, audio, muxRateKbps = 0 } = config.encode;
    this.httpTs =
      httpTs &&
      new HttpTs({
        hub: this.hub,
        clientsMax: httpTs.clientsMax,
        bitrateKbps: Math.max(muxRateKbps, video.bitrateKbps + audio.bitrateKbps),
        gopMs: video.gopMs,
        now,
        metrics,
        log,
        onEvent,
      });
    for (const { type } of config.outputs)
      if (type !== "http-ts") log.warn({ output: type }, "this output is not built yet");
    this.#renderer = new RenderSupervisor({
      host: render,
      clock,
      metrics,
      log,
      onChunk: (chunk) => this.hub.write(chunk),
      onBreak: () => this.hub.interrupt(),
      onReplaced: (told) => onEvent({ type: "renderer-replaced", ...told }),
    });
  }

  /** True while the renderer gives bytes. */
  get isLive(): boolean {
    return this.#renderer.isAtWork;
  }

  /** A JPEG of what is on air, a second old at most. `Unavailable` or `WorkerLost` while nothing is encoded. */
  snapshot(signal: AbortSignal): Promise<Uint8Array> {
    const now = this.#now();
    if (this.#snapshot === undefined || now - this.#snapshot.at > snapshotNsMax) {
      const jpeg = this.#renderer.snapshot(signal);
      this.#snapshot = { jpeg, at: now };
      // Its failure is not kept: who asks next may have more luck.
      jpeg.catch(() => {
        this.#snapshot = undefined;
      });
    }
    return this.#snapshot.jpeg;
  }

  /** Ends the viewers, then the renderer. Idempotent. */
  async stop(): Promise<void> {
    this.hub.close();
    await this.#renderer.stop();
  }
}

type HttpTsConfig = Extract<OutputConfig, { readonly type: "http-ts" }>;
const isHttpTs = (output: OutputConfig): output is HttpTsConfig => output.type === "http-ts";

/** Where a channel has no stream. */
export const notEncoded = (id: number): PlayoutError =>
  new PlayoutError("Unavailable", `Channel ${id} is not encoded.`, { details: { channel: id } });
