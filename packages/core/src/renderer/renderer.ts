import type { FrameReader } from "../bus/frame-bus.js";
import type { Clock } from "../clock/clock.js";
import type { ProgramFormat } from "../media/program-format.js";
import type { Tick } from "../time/units.js";

/** How a channel's stream is encoded. Bit rates in kilobits per second. */
export interface EncodeSettings {
  readonly video: {
    readonly codec: "h264" | "hevc" | "mpeg2video";
    readonly bitrateKbps: number;
    /** Longest time between two random access points. */
    readonly gopMs: number;
    /** The encoder's own word for its trade of speed against quality. */
    readonly preset: string;
  };
  readonly audio: { readonly codec: "aac" | "mp2" | "ac3"; readonly bitrateKbps: number };
}

/**
 * A run of stream bytes that belong together: whole transport packets, decodable from its start where
 * `randomAccess` is true.
 */
export interface StreamChunk {
  /** Whole 188-byte packets. Valid during the call only: copy or write it out. */
  readonly bytes: Uint8Array;
  readonly randomAccess: boolean;
  /** The tick whose picture this chunk begins with. */
  readonly tick: Tick;
}

/** Where a renderer's bytes go. Never blocks: an output with a slow peer drops by its own policy. */
export interface StreamTap {
  write(chunk: StreamChunk): void;
}

/** What a renderer has done so far. */
export interface RendererCounters {
  readonly encodedFrames: number;
  /** Ticks that it could not encode in time and skipped, told by the bus as overrun. */
  readonly missedTicks: number;
  readonly bytes: number;
  /** Time at which the last tick was taken minus its own time, nanoseconds, signed. */
  readonly frameGapNs: number;
}

/**
 * **Turns a channel's bus into a stream of bytes**: one encoder and one muxer for the channel's life, paced on the clock.
 *
 * *Ownership.* The renderer owns the reader it is started with. *Concurrency.* `start` once; taps may come and go at any
 * time. *"Not yet"* is silence on the taps; there is no end but disposal. *After an error* it restarts by itself or
 * rejects `finished`; timestamps go on from the ticks, so a successor continues the same line.
 */
export interface Renderer extends AsyncDisposable {
  start(reader: FrameReader, clock: Clock, settings: EncodeSettings): void;
  tap(tap: StreamTap): Disposable;
  counters(): RendererCounters;
  /** Resolves on disposal, rejects when the renderer cannot go on. */
  readonly finished: Promise<void>;
}

/** Makes a channel's renderer. */
export interface RendererFactory {
  open(format: ProgramFormat, signal: AbortSignal): Promise<Renderer>;
}
