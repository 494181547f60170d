import {
  type Clock,
  type EncodeSettings,
  invariant,
  metrics,
  PlayoutError,
  type ProgramFormat,
  type Renderer,
  type RendererCounters,
  type RenderSource,
  type SnapshotOptions,
  type StreamTap,
} from "@retrovue/core";
import { ChunkOutlet } from "./chunk-outlet.js";
import { encodeSpec } from "./encode-spec.js";
import { counterAt, fromNative, type NativeLine, type NativeRenderer } from "./native.js";
import type { LibavRendererOptions } from "./options.js";
import { SnapshotReader } from "./snapshot-reader.js";
import { pictureToJpeg } from "./still.js";
import { TickFeeder } from "./tick-feeder.js";

const nsPerMs = 1_000_000;
/** A bus whose newest tick is older than this has ended, or was replaced by one that a kept reader does not see. */
const staleNs = 1_000_000_000n;
const latencyClasses = (metrics.encodeLatency.buckets ?? []).length + 1;

/** What exists from `start` to disposal. */
interface Running {
  readonly line: NativeLine;
  readonly feeder: TickFeeder | undefined;
  readonly feeding: Promise<void>;
  readonly mapping: Disposable;
  readonly stills: SnapshotReader;
  readonly clock: Clock;
}

/**
 * A renderer over libavcodec. All per-tick work is done by native threads; JavaScript only hands out the bytes, and, for buses
 * that native code cannot map, lends the ticks.
 */
export class LibavRenderer implements Renderer {
  readonly finished: Promise<void>;
  readonly #format: ProgramFormat;
  readonly #native: NativeRenderer;
  readonly #options: LibavRendererOptions;
  readonly #outlet = new ChunkOutlet();
  readonly #end = Promise.withResolvers<void>();
  readonly #stop = new AbortController();
  readonly #table = new Float64Array(counterAt.latency + latencyClasses);
  #running: Running | undefined;
  /** True once a native thread takes the bytes: what is taken here as well would be missing there. */
  #isPiped = false;
  #disposal: Promise<void> | undefined;

  constructor(format: ProgramFormat, native: NativeRenderer, options: LibavRendererOptions) {
    this.#format = format;
    this.#native = native;
    this.#options = options;
    this.finished = this.#end.promise;
    // Who does not look at it is not to be ended by it.
    this.finished.catch(() => {});
  }

  start(source: RenderSource, clock: Clock, settings: EncodeSettings): void {
    this.#throwIfDisposed();
    invariant(this.#running === undefined, "a renderer is started once");
    const spec = encodeSpec(this.#format, settings, this.#options);
    const line = this.#openLine(spec, source, clock);
    const feeder =
      source.controlPath === undefined
        ? new TickFeeder({ line, source, clock, format: this.#format })
        : undefined;
    const mapping = clock.onMapping((changed) => line.follow(changed));
    // What changed between the two.
    line.follow(clock.mapping());
    const feeding = feeder?.run(this.#stop.signal) ?? Promise.resolve();
    feeding.catch((thrown: unknown) => this.#end.reject(PlayoutError.from(thrown)));
    const stills = new SnapshotReader(source, clock);
    this.#running = { line, feeder, feeding, mapping, stills, clock };
  }

  tap(tap: StreamTap): Disposable {
    this.#throwIfDisposed();
    return this.#outlet.tap(tap);
  }

  pipeTo(descriptor: number): void {
    this.#throwIfDisposed();
    invariant(this.#running !== undefined, "a renderer is started before it is piped");
    this.#isPiped = true;
    this.#running.line.pipeTo(descriptor);
  }

  counters(): RendererCounters {
    const table = this.#table;
    this.#running?.line.counters(table);
    const of = (at: number) => table[at] ?? 0;
    return {
      encodedFrames: of(counterAt.encoded),
      missedTicks: of(counterAt.missed),
      lateTicks: of(counterAt.late),
      tornTicks: of(counterAt.torn) + (this.#running?.feeder?.torn ?? 0),
      bytes: of(counterAt.bytes),
      droppedChunks: of(counterAt.dropped),
      opens: of(counterAt.opens),
      overflows: of(counterAt.overflows),
      isRealtime: of(counterAt.realtime) === 1,
      encodeLatency: {
        buckets: Array.from(table.subarray(counterAt.latency)),
        sumNs: of(counterAt.latencyNsSum),
      },
      frameGapNs: of(counterAt.frameGapNs),
    };
  }

  async snapshot(options: SnapshotOptions, signal: AbortSignal): Promise<Uint8Array> {
    this.#throwIfDisposed();
    if (this.#running === undefined)
      throw new PlayoutError("BusNotFound", "The renderer was not started yet.");
    const { stills, clock } = this.#running;
    return await stills.use(signal, async (reader, isKept) => {
      const head = reader.head();
      const lease = await (head < 0 ? reader.next(signal) : reader.at(head, signal));
      if (lease.overrun)
        throw new PlayoutError("BusStale", "The newest tick was gone before it could be read.");
      try {
        if (isKept && clock.now() - lease.time > staleNs)
          throw new PlayoutError("BusStale", "The bus gives nothing any more.");
        // To its end, be it wanted or not: the views must not go while they are read.
        return await pictureToJpeg(lease.picture, this.#format, options);
      } finally {
        lease.release();
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose();
    await this.#disposal;
  }

  async #dispose(): Promise<void> {
    const running = this.#running;
    this.#stop.abort(new PlayoutError("Closed", "The renderer was disposed."));
    running?.mapping[Symbol.dispose]();
    // The line first: it may still read what the feeder lends.
    running?.line.close();
    await running?.feeding.catch(() => {});
    await running?.stills[Symbol.asyncDispose]();
    this.#end.resolve();
  }

  #openLine(spec: ReturnType<typeof encodeSpec>, source: RenderSource, clock: Clock): NativeLine {
    const { leadMs, burstMs } = this.#options;
    const [leadNs, burstNs] = [leadMs * nsPerMs, burstMs * nsPerMs];
    const onNews = () => this.#onNews();
    try {
      return new this.#native.Line(spec, leadNs, clock.mapping(), source.controlPath, onNews, burstNs);
    } catch (thrown) {
      throw fromNative(thrown);
    }
  }

  #onNews(): void {
    const running = this.#running;
    if (running === undefined || this.#disposal !== undefined) return;
    running.feeder?.onNews();
    if (!this.#isPiped) this.#outlet.drain(running.line);
    const failure = running.line.failure();
    if (failure !== undefined) this.#end.reject(fromNative(failure));
  }

  #throwIfDisposed(): void {
    if (this.#disposal !== undefined) {
      throw new PlayoutError("Closed", "The renderer was used after it was closed.");
    }
  }
}
