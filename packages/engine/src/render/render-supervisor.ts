import {
  type Clock,
  type MetricsRecorder,
  type Nanoseconds,
  nanosecondsFromMs,
  PlayoutError,
  type RendererCounters,
  retryAfter,
  SteadyTime,
  type StreamChunk,
} from "@retrovue/core";
import type { Log } from "../log/log.js";
import type { RenderExit, RenderHost, RenderLine } from "./render-line.js";
import { RenderMetrics } from "./render-metrics.js";

/** What one channel's renderer is looked after with. */
export interface RenderSupervisorOptions {
  readonly host: RenderHost;
  readonly clock: Clock;
  readonly metrics: MetricsRecorder;
  readonly log: Log;
  readonly onChunk: (chunk: StreamChunk) => void;
  /** The stream breaks off here; what follows begins with a random access point. */
  readonly onBreak: () => void;
  /** One ended, and another is at work; pids are left out for renderers that are no processes. */
  readonly onReplaced: (told: Replacement) => void;
}

/** A renderer in the place of another. */
export interface Replacement {
  readonly cause: string;
  readonly pidFrom: number | undefined;
  readonly pidTo: number | undefined;
}

/** One that was heard for this long was of use: its death is answered at once, however many there were before. */
const settledNs = nanosecondsFromMs(5_000);

/** Deaths in a row that are answered at once; then with back-off. */
const instantMax = 2;

/**
 * Without a sign of work for this long one that has given no bytes yet hangs and is replaced: it loads, which takes a second on a cold
 * disk, or never gives any (headless) and is heard of by its ticks, about each second.
 */
export const renderBeginNsMax = nanosecondsFromMs(10_000);

/**
 * How long one that has given bytes may give none: its viewers see a picture that stands still until another is at work. Bytes are
 * paced in real time and come every few tens of milliseconds, without ticks to encode as well; a machine with too much to do holds a
 * healthy process up for a second or two. To replace one that would have gone on costs viewers a break as well, so it is not less.
 */
export const renderSilenceNsMax = nanosecondsFromMs(3_000);

/** How often it is looked at: by so much a hang is found later. */
const lookEveryNs = nanosecondsFromMs(500);

/** How long it may take to close when asked to. */
export const renderCloseNsMax = nanosecondsFromMs(1_500);

/**
 * Keeps a channel's renderer at work: one that ends is replaced at once, and with growing pauses while none lasts. Timestamps come
 * from ticks, so a successor continues the line.
 */
export class RenderSupervisor {
  readonly #options: RenderSupervisorOptions;
  /** Time as it passes: a leap of house time is nobody's silence. */
  readonly #time: SteadyTime;
  readonly #stop = new AbortController();
  #line: RenderLine | undefined;
  #gone = Promise.resolve();
  #givesBytes = false;
  /** When it gave its first sign of work. */
  #firstHeardAt: Nanoseconds | undefined;
  /** When the last sign of work came, or the renderer was begun. */
  #heardAt = 0n as Nanoseconds;
  readonly #watch: Promise<void>;
  #deaths = 0;
  #stopped: Promise<void> | undefined;

  /** Begins at once. Where that cannot be done it is tried again. */
  constructor(options: RenderSupervisorOptions) {
    this.#options = options;
    this.#time = new SteadyTime(options.clock);
    this.#replace();
    this.#watch = this.#look();
  }

  /** True while bytes come. */
  get isAtWork(): boolean {
    return this.#givesBytes;
  }

  /** A JPEG of what is on air; `WorkerLost` while there is no renderer. */
  async snapshot(signal: AbortSignal): Promise<Uint8Array> {
    if (this.#line === undefined)
      throw new PlayoutError("WorkerLost", "The channel's renderer is being replaced.");
    return await this.#line.snapshot(signal);
  }

  /** Asks the renderer to leave, kills it if it does not, and resolves when it is gone. Idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    this.#stop.abort(new PlayoutError("Closed", "The channel's renderer was stopped."));
    await this.#watch;
    const line = this.#line;
    if (line !== undefined) {
      line.stop();
      const done = new AbortController();
      const late = this.#time
        .sleep(renderCloseNsMax, done.signal)
        .then(() => line.kill("did not stop"))
        .catch(() => {});
      await Promise.race([this.#gone, late]);
      done.abort();
      await this.#gone;
    }
    this.#time[Symbol.dispose]();
  }

  /** Kills one that hangs: it lives, but gives nothing. */
  async #look(): Promise<void> {
    const { log } = this.#options;
    const { signal } = this.#stop;
    for (let lookedAt = this.#time.now(); !signal.aborted; ) {
      await this.#time.sleep(lookEveryNs, signal).catch(() => {});
      const now = this.#time.now();
      // Who could not look could not hear either: what came meanwhile is read after this turn, and no silence of the renderer's.
      this.#forgive(now - lookedAt - lookEveryNs, now);
      lookedAt = now;
      if (signal.aborted || this.#line === undefined) continue;
      if (now - this.#heardAt < (this.#givesBytes ? renderSilenceNsMax : renderBeginNsMax)) continue;
      log.error("the renderer gives nothing and is ended");
      this.#givesBytes = false;
      this.#heardAt = now;
      this.#line.kill("gave nothing");
    }
  }

  #forgive(lateNs: bigint, now: Nanoseconds): void {
    if (lateNs <= 0n) return;
    const heardAt = this.#heardAt + lateNs;
    this.#heardAt = (heardAt < now ? heardAt : now) as Nanoseconds;
  }

  #spawn(): void {
    const { host, metrics, log, onChunk } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#givesBytes = false;
    this.#firstHeardAt = undefined;
    this.#heardAt = this.#time.now();
    const measured = new RenderMetrics(metrics, log, () => this.#time.now());
    let ticks = 0;
    this.#line = host.spawn({
      onChunk: (chunk) => {
        this.#hear();
        this.#givesBytes = true;
        onChunk(chunk);
      },
      onCounters: (counters) => {
        const ticksNow = ticksOf(counters);
        // One that makes bytes is heard by them alone: what it makes and nobody gets is of no use.
        if (counters.bytes === 0 && ticksNow > ticks) this.#hear();
        ticks = ticksNow;
        measured.take(counters);
      },
      onDropped: (groups) => metrics.count("outputDropped", groups, { output: "pipe" }),
      onExit: (exit) => {
        const pid = this.#line?.pid;
        this.#line = undefined;
        resolve();
        this.#onExit(exit, pid);
      },
    });
    this.#gone = promise;
  }

  #hear(): void {
    this.#heardAt = this.#time.now();
    this.#firstHeardAt ??= this.#heardAt;
  }

  #onExit({ cause, isFromOutside }: RenderExit, pid: number | undefined): void {
    const { metrics, log, onBreak } = this.#options;
    this.#givesBytes = false;
    if (this.#stop.signal.aborted) return;
    // Killed from outside (an operator, the system for want of memory), it says nothing of its successor.
    const isUseful =
      this.#firstHeardAt !== undefined &&
      (isFromOutside || this.#time.now() - this.#firstHeardAt >= settledNs);
    this.#deaths = isUseful ? 1 : this.#deaths + 1;
    metrics.count("restarts", 1, { what: "renderer" });
    onBreak();
    const gone = { cause, pid };
    if (this.#deaths <= instantMax) {
      log.error({ cause }, "renderer replaced");
      this.#replace(gone);
      return;
    }
    const { afterNs } = retryAfter(this.#deaths - instantMax);
    log.error({ cause, afterMs: msOf(afterNs) }, "renderer ended; another one follows");
    void this.#replaceLater(afterNs, gone);
  }

  /** @param gone the one before it; undefined where there was none */
  #replace(gone?: Gone): void {
    try {
      this.#spawn();
    } catch (thrown) {
      // Descriptors or memory are used up, as a rule: a death like another, but that the next moment is no better.
      this.#deaths = Math.max(this.#deaths, instantMax) + 1;
      const { afterNs } = retryAfter(this.#deaths - instantMax);
      this.#options.log.error(
        { err: PlayoutError.from(thrown), afterMs: msOf(afterNs) },
        "no renderer can be begun; it is tried again",
      );
      void this.#replaceLater(afterNs, gone);
      return;
    }
    if (gone !== undefined)
      this.#options.onReplaced({ cause: gone.cause, pidFrom: gone.pid, pidTo: this.#line?.pid });
  }

  async #replaceLater(afterNs: Nanoseconds, gone: Gone | undefined): Promise<void> {
    await this.#time.sleep(afterNs, this.#stop.signal).catch(() => {});
    if (!this.#stop.signal.aborted) this.#replace(gone);
  }
}

/** A renderer that ended. */
interface Gone {
  readonly cause: string;
  readonly pid: number | undefined;
}

const ticksOf = ({ encodedFrames, missedTicks }: RendererCounters): number => encodedFrames + missedTicks;

const msOf = (ns: Nanoseconds): number => Number(ns / 1_000_000n);
