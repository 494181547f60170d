import {
  type Clock,
  type MetricsRecorder,
  type Nanoseconds,
  nanosecondsFromMs,
  PlayoutError,
  retryAfter,
  type StreamChunk,
} from "@retrovue/core";
import type { Log } from "../log/log.js";
import type { RenderHost, RenderLine } from "./render-line.js";
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

/** One that gave bytes for this long was of use: its death is answered at once, however many there were before. */
const settledNs = nanosecondsFromMs(5_000);

/** Deaths in a row that are answered at once; then with back-off. */
const instantMax = 2;

/** Without a byte for this long, while it loads as well, it hangs and is replaced. Loading takes a second on a cold disk. */
const silenceNsMax = nanosecondsFromMs(10_000);
const lookEveryNs = nanosecondsFromMs(1_000);

/** How long it may take to close when asked to. */
const patienceNs = nanosecondsFromMs(1_500);

/**
 * Keeps a channel's renderer at work: one that ends is replaced at once, and with growing pauses while none lasts. Timestamps come
 * from ticks, so a successor continues the line.
 */
export class RenderSupervisor {
  readonly #options: RenderSupervisorOptions;
  readonly #stop = new AbortController();
  #line: RenderLine | undefined;
  #gone = Promise.resolve();
  #firstChunkAt: Nanoseconds | undefined;
  /** When the last byte came, or the renderer was begun. */
  #heardAt = 0n as Nanoseconds;
  readonly #watch: Promise<void>;
  #deaths = 0;
  #isKilledByUs = false;
  #stopped: Promise<void> | undefined;

  /** Begins at once. */
  constructor(options: RenderSupervisorOptions) {
    this.#options = options;
    this.#spawn();
    this.#watch = this.#look();
  }

  /** True while bytes come. */
  get isAtWork(): boolean {
    return this.#firstChunkAt !== undefined;
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
    const { clock } = this.#options;
    this.#stop.abort(new PlayoutError("Closed", "The channel's renderer was stopped."));
    await this.#watch;
    const line = this.#line;
    if (line === undefined) return;
    line.stop();
    const done = new AbortController();
    const late = clock
      .sleepUntil((clock.now() + patienceNs) as Nanoseconds, done.signal)
      .then(() => line.kill())
      .catch(() => {});
    await Promise.race([this.#gone, late]);
    done.abort();
    await this.#gone;
  }

  /** Kills one that hangs: it lives, but gives nothing. */
  async #look(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await clock.sleepUntil((clock.now() + lookEveryNs) as Nanoseconds, signal).catch(() => {});
      if (signal.aborted || this.#line === undefined) continue;
      if (clock.now() - this.#heardAt < silenceNsMax) continue;
      log.error("the renderer gives nothing and is ended");
      this.#heardAt = clock.now();
      this.#isKilledByUs = true;
      this.#line.kill();
    }
  }

  #spawn(): void {
    const { host, clock, metrics, log, onChunk } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gone = promise;
    this.#firstChunkAt = undefined;
    this.#heardAt = clock.now();
    this.#isKilledByUs = false;
    const measured = new RenderMetrics(metrics, log, () => clock.now());
    this.#line = host.spawn({
      onChunk: (chunk) => {
        this.#heardAt = clock.now();
        this.#firstChunkAt ??= this.#heardAt;
        onChunk(chunk);
      },
      onCounters: (counters) => measured.take(counters),
      onDropped: (groups) => metrics.count("outputDropped", groups, { output: "pipe" }),
      onExit: (cause) => {
        const pid = this.#line?.pid;
        this.#line = undefined;
        resolve();
        this.#onExit(cause, pid);
      },
    });
  }

  #onExit(cause: string, pid: number | undefined): void {
    const { clock, metrics, log, onBreak } = this.#options;
    if (this.#stop.signal.aborted) return;
    // Killed from outside (an operator, the system for want of memory), it says nothing of its successor.
    const isFromOutside = cause === "SIGKILL" && !this.#isKilledByUs;
    const isUseful =
      this.#firstChunkAt !== undefined && (isFromOutside || clock.now() - this.#firstChunkAt >= settledNs);
    this.#firstChunkAt = undefined;
    this.#deaths = isUseful ? 1 : this.#deaths + 1;
    metrics.count("restarts", 1, { what: "renderer" });
    onBreak();
    if (this.#deaths <= instantMax) {
      log.error({ cause }, "renderer replaced");
      this.#replace(cause, pid);
    } else void this.#spawnLater(cause, pid);
  }

  #replace(cause: string, pidFrom: number | undefined): void {
    this.#spawn();
    this.#options.onReplaced({ cause, pidFrom, pidTo: this.#line?.pid });
  }

  async #spawnLater(cause: string, pid: number | undefined): Promise<void> {
    const { clock, log } = this.#options;
    const { afterNs } = retryAfter(this.#deaths - instantMax);
    log.error({ cause, afterMs: Number(afterNs / 1_000_000n) }, "renderer ended; another one follows");
    await clock.sleepUntil((clock.now() + afterNs) as Nanoseconds, this.#stop.signal).catch(() => {});
    if (!this.#stop.signal.aborted) this.#replace(cause, pid);
  }
}
