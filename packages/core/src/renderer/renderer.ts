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
  /**
   * Bit rate of the whole stream, held exactly: null packets fill it, and clock references come from places of packets. At least
   * `muxRateNeededKbps`. Default 0: as much as there is to send.
   */
  readonly muxRateKbps?: number;
  /** What receivers call the channel (DVB's service name). Default: nothing is told. */
  readonly serviceName?: string;
}

/**
 * Where a renderer finds its channel's bus, as often as it must: a bus may not be there yet, and may be replaced.
 * `renderSource` makes one.
 */
export interface RenderSource {
  /**
   * Path of the bus's control object in shared memory, laid out as docs/contracts/frame-bus.md says. A native renderer
   * may map it by itself instead of calling `openReader`. Undefined where the bus is of another kind.
   */
  readonly controlPath: string | undefined;
  /** Opens the bus for reading; the reader is the caller's. Rejects as `FrameBus.openReader` does. */
  openReader(signal: AbortSignal): Promise<FrameReader>;
}

/**
 * A run of stream bytes that belong together: whole transport packets, decodable from its start where
 * `randomAccess` is true (tables, key frame).
 */
export interface StreamChunk {
  /** Whole 188-byte packets. Valid during the call only: copy or write it out. */
  readonly bytes: Uint8Array;
  readonly randomAccess: boolean;
  /** The tick whose bytes these are. A tick's bytes may come in several chunks. */
  readonly tick: Tick;
}

/** Where a renderer's bytes go. Never blocks: an output with a slow peer drops by its own policy. */
export interface StreamTap {
  write(chunk: StreamChunk): void;
}

/** How long something took, counted in classes. All numbers only grow. */
export interface LatencyCounts {
  /**
   * Observations at or below each bound of `metrics.encodeLatency.buckets` that lie above the bound before, and
   * in one place more at the end those beyond the last.
   */
  readonly buckets: readonly number[];
  /** Sum of all observations, nanoseconds. */
  readonly sumNs: number;
}

/** What a renderer has done so far. All but `isRealtime` and the last only grow. */
export interface RendererCounters {
  /** Ticks whose picture went into the stream. */
  readonly encodedFrames: number;
  /** Ticks without a picture in the stream: told by the bus as overrun, or skipped to catch up. The stream stays on the grid. */
  readonly missedTicks: number;
  /** Ticks whose bytes were ready after their time to leave. */
  readonly lateTicks: number;
  /** Pictures or sound that the bus reused while they were read: they may be torn. */
  readonly tornTicks: number;
  readonly bytes: number;
  /** Chunks thrown away because this process did not fetch them in time (seconds). Resumes at a random access point. */
  readonly droppedChunks: number;
  /** Times that the bus was opened. */
  readonly opens: number;
  /**
   * Pictures for which a constant rate had no room in time: whole in the stream only after their time, or left out (and then counted in
   * `missedTicks`); and frames of sound that were dropped for it. Left out by renderers that have no constant rate.
   */
  readonly overflows?: number;
  /** Ticks that were not what the grid says, in order, time or sound. Left out by renderers that do not look. */
  readonly timingFaults?: number;
  /** True where the thread that paces the bytes was given realtime scheduling. Left out by renderers that have none. */
  readonly isRealtime?: boolean;
  /** From taking a tick to its bytes. */
  readonly encodeLatency: LatencyCounts;
  /** Time at which the last tick was taken minus its own time, nanoseconds, signed. */
  readonly frameGapNs: number;
}

/** How a still is taken. */
export interface SnapshotOptions {
  /** Pixels; a wider picture is scaled down, keeping its shape on the screen. Default: the picture's own. */
  readonly maxWidth?: number;
}

/**
 * **Turns a channel's bus into a stream of bytes**: one encoder and one muxer for the channel's life, paced on the clock.
 *
 * *Ownership.* The renderer owns what it opens of the source; taps are the caller's.
 *
 * *Concurrency.* `start` once (again is an invariant violation); taps may come and go at any time; any number of snapshots.
 *
 * *"Not yet" and "end".* No bus yet is silence on the taps and a new attempt. A bus that ends or stands still later may leave the
 * stream its clock and silence, without pictures, until there are ticks again; there is no end but disposal. A tick that is held no more is skipped on the grid and counted, never waited for.
 *
 * *After an error.* `finished` rejects and the taps stay silent; dispose it and open another: timestamps go on from the
 * ticks, so a successor continues the same line. A tap that throws is removed, and others go on. After disposal `start`, `tap` and
 * `pipeTo` throw `Closed`, `snapshot` rejects with it, and `counters` stay readable.
 */
export interface Renderer extends AsyncDisposable {
  /** Throws `UnsupportedMedia` or `InvalidConfig` where the settings cannot be had, and has then not started. */
  start(source: RenderSource, clock: Clock, settings: EncodeSettings): void;
  /** From now on `tap` hears every chunk, on JavaScript's thread, until what this answers is disposed. */
  tap(tap: StreamTap): Disposable;
  /**
   * From now on, and for good, all bytes go into this descriptor, written by the renderer's own threads, so that no JavaScript
   * runs for a tick; taps hear nothing more. Once, after `start`. Left out by renderers that have only JavaScript.
   *
   * Each chunk is a record, little-endian: uint32 length of the bytes (not 0), uint32 flags (bit 0: random access), int64 tick, the
   * bytes. While the other end takes nothing, whole groups are dropped and counted in `droppedChunks`; when it is gone, all of it.
   *
   * @param descriptor of a pipe or socket, the caller's; it becomes non-blocking and stays open until the renderer is disposed
   */
  pipeTo?(descriptor: number): void;
  counters(): RendererCounters;
  /** JPEG of the newest tick on the bus. Left out by renderers that make no pictures. Rejects as `openReader` does. */
  snapshot?(options: SnapshotOptions, signal: AbortSignal): Promise<Uint8Array>;
  /** Resolves on disposal, rejects when the renderer cannot go on. */
  readonly finished: Promise<void>;
}

/** Makes a channel's renderer. Any number at once. */
export interface RendererFactory {
  /** The renderer is the caller's, and not started. Rejects with `Cancelled` or `Timeout`, and has then made nothing. */
  open(format: ProgramFormat, signal: AbortSignal): Promise<Renderer>;
}
