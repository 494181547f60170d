import {
  type Clock,
  type EncodeSettings,
  type FrameLease,
  type FrameReader,
  HouseGrid,
  invariant,
  metrics,
  type Nanoseconds,
  type Overrun,
  PlayoutError,
  type ProgramFormat,
  type Renderer,
  type RendererCounters,
  type RenderSource,
  type StreamTap,
  type Tick,
  tickAfter,
} from "@retrovue/core";
import { realPause } from "../clock/real-pause.js";
import { ensureShape } from "../ensure-shape.js";
import { TimingReport } from "./timing-report.js";

/** A tick is taken at most this long before its time, as by an encoder (timing.md). */
const aheadNs = 500_000_000n;
/** Between two looks for a bus that is not there. */
const reopenMs = 20;
const latencyBounds = metrics.encodeLatency.buckets ?? [];

/**
 * A renderer without an encoder: reads each tick as early as an encoder would, checks what it finds against the grid, and
 * counts. For channels that only other programs read, for tests, and to see what a bus delivers. Taps hear nothing.
 */
export class HeadlessRenderer implements Renderer {
  readonly finished: Promise<void>;
  /** What was found wrong. */
  readonly timing = new TimingReport();
  readonly #format: ProgramFormat;
  readonly #grid: HouseGrid;
  readonly #end = Promise.withResolvers<void>();
  readonly #stop = new AbortController();
  readonly #latency = { buckets: Array<number>(latencyBounds.length + 1).fill(0), sumNs: 0 };
  readonly #sound: readonly Float32Array[];
  #isSettled = false;
  #work: Promise<void> | undefined;
  #counts = { frames: 0, missed: 0, late: 0, torn: 0, opens: 0, frameGapNs: 0 };

  constructor(format: ProgramFormat) {
    this.#format = format;
    this.#grid = new HouseGrid(format.frameRate, format.sampleRate);
    this.#sound = Array.from({ length: format.channels }, () => new Float32Array(format.sampleRate));
    this.finished = this.#end.promise;
    this.finished.catch(() => {});
  }

  start(source: RenderSource, clock: Clock, _settings: EncodeSettings): void {
    this.#throwIfDisposed();
    invariant(this.#work === undefined, "a renderer is started once");
    this.#work = this.#run(source, clock).catch((thrown: unknown) => {
      if (!this.#stop.signal.aborted) this.#end.reject(PlayoutError.from(thrown));
    });
  }

  tap(_tap: StreamTap): Disposable {
    this.#throwIfDisposed();
    return { [Symbol.dispose]: () => {} };
  }

  counters(): RendererCounters {
    const { frames, missed, late, torn, opens, frameGapNs } = this.#counts;
    return {
      encodedFrames: frames,
      missedTicks: missed,
      lateTicks: late,
      tornTicks: torn,
      bytes: 0,
      droppedChunks: 0,
      opens,
      timingFaults: this.timing.faultCount,
      encodeLatency: { buckets: [...this.#latency.buckets], sumNs: this.#latency.sumNs },
      frameGapNs,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new PlayoutError("Closed", "The renderer was disposed."));
    await this.#work;
    this.#end.resolve();
  }

  async #run(source: RenderSource, clock: Clock): Promise<void> {
    const { signal } = this.#stop;
    let next: Tick | undefined;
    for (;;) {
      try {
        await using reader = await source.openReader(signal);
        ensureShape(reader, this.#format);
        this.#counts.opens++;
        for (;;) next = await this.#step(reader, clock, next, signal);
      } catch (thrown) {
        const error = PlayoutError.from(thrown);
        if (signal.aborted || error.code === "BusIncompatible") throw error;
        await realPause(reopenMs, signal);
      }
    }
  }

  /** Takes one tick at its time; the tick to go on with. */
  async #step(
    reader: FrameReader,
    clock: Clock,
    wanted: Tick | undefined,
    signal: AbortSignal,
  ): Promise<Tick> {
    if (wanted !== undefined) {
      await clock.sleepUntil((this.#grid.tickTime(wanted) - aheadNs) as Nanoseconds, signal);
    }
    const read = await this.#read(reader, clock, wanted, signal);
    if (read.overrun) {
      const next = Math.max(read.oldest, tickAfter(read.tick, 1)) as Tick;
      if (wanted !== undefined) this.#counts.missed += next - wanted;
      return next;
    }
    const now = clock.now();
    const gapNs = Number(now - this.#grid.tickTime(read.tick));
    this.#counts.frameGapNs = gapNs;
    // What was begun in the middle of things cannot be called late.
    if (gapNs > 0 && this.#isSettled) this.#counts.late++;
    this.#isSettled ||= gapNs <= 0;
    this.#look(read);
    this.#count(Number(clock.now() - now));
    return tickAfter(read.tick, 1);
  }

  #read(
    reader: FrameReader,
    clock: Clock,
    wanted: Tick | undefined,
    signal: AbortSignal,
  ): Promise<FrameLease | Overrun> {
    if (wanted !== undefined) return reader.at(wanted, signal);
    const head = reader.head();
    if (head < 0) return reader.next(signal);
    const aired = this.#grid.tickAtOrBefore(clock.now());
    return reader.at(Math.min(Math.max(aired, reader.oldest()), head) as Tick, signal);
  }

  #look(lease: FrameLease): void {
    this.timing.look(this.#grid, lease);
    const sound = lease.copySound(this.#sound, 0);
    const picture = lease.release();
    if (sound === "overwritten" || picture === "overwritten") this.#counts.torn++;
    this.#counts.frames++;
  }

  #count(latencyNs: number): void {
    const bound = latencyBounds.findIndex((seconds) => latencyNs <= seconds * 1e9);
    const at = bound < 0 ? latencyBounds.length : bound;
    this.#latency.buckets[at] = (this.#latency.buckets[at] ?? 0) + 1;
    this.#latency.sumNs += latencyNs;
  }

  #throwIfDisposed(): void {
    if (this.#stop.signal.aborted) {
      throw new PlayoutError("Closed", "The renderer was used after it was closed.");
    }
  }
}
