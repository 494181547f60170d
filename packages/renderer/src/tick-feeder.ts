import {
  type Clock,
  type FrameLease,
  type FrameReader,
  HouseGrid,
  type Overrun,
  PlayoutError,
  type ProgramFormat,
  type RenderSource,
  samplesPerTickMax,
  type Tick,
} from "@retrovue/core";
import { realPause } from "./clock/real-pause.js";
import { ensureShape } from "./ensure-shape.js";
import { type NativeLine, wantedNone, wantedOnAir } from "./native.js";

/** Between two looks for a bus that is not there. */
const reopenMs = 20;

/** What a feeder works with, all borrowed. */
export interface TickFeederDeps {
  readonly line: NativeLine;
  readonly source: RenderSource;
  readonly clock: Clock;
  readonly format: ProgramFormat;
}

/**
 * Reads a bus of any kind on behalf of a native line that cannot map it: the line says which tick it wants, the feeder lends it
 * and gives it back when the line is done with it. One tick at a time; planes are lent, not copied.
 */
export class TickFeeder {
  /** Ticks whose pixels the bus reused while they were lent. */
  torn = 0;
  readonly #deps: TickFeederDeps;
  readonly #grid: HouseGrid;
  readonly #sound: readonly Float32Array[];
  #reader: FrameReader | undefined;
  #lent: FrameLease | undefined;
  #news = Promise.withResolvers<void>();

  constructor(deps: TickFeederDeps) {
    this.#deps = deps;
    const { frameRate, sampleRate, channels } = deps.format;
    this.#grid = new HouseGrid(frameRate, sampleRate);
    const samples = samplesPerTickMax(this.#grid);
    this.#sound = Array.from({ length: channels }, () => new Float32Array(samples));
  }

  /** The line has news: another tick is wanted, or the lent one is free. */
  onNews(): void {
    this.#news.resolve();
  }

  /** Works until the signal aborts. Rejects for what reopening cannot mend. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.onNews(), { once: true });
    try {
      while (!signal.aborted) {
        const news = this.#news.promise;
        const isIdle = await this.#step(signal);
        if (!isIdle || signal.aborted) continue;
        await news;
        this.#news = Promise.withResolvers();
      }
    } finally {
      this.#giveBack();
      await this.#reader?.[Symbol.asyncDispose]();
    }
  }

  /** True where there is nothing to do before the next news. */
  async #step(signal: AbortSignal): Promise<boolean> {
    const { line } = this.#deps;
    if (this.#lent !== undefined) {
      if (line.isLent()) return true;
      this.#giveBack();
    }
    const wanted = line.wanted();
    if (wanted === wantedNone) return true;
    try {
      this.#reader ??= await this.#open(signal);
      const read = await this.#read(this.#reader, wanted, signal);
      if (read.overrun) line.overrun(wanted, read.oldest);
      else this.#lend(read);
      return false;
    } catch (thrown) {
      if (signal.aborted) return true;
      await this.#recover(PlayoutError.from(thrown), signal);
      return false;
    }
  }

  async #open(signal: AbortSignal): Promise<FrameReader> {
    const reader = await this.#deps.source.openReader(signal);
    await using guard = new AsyncDisposableStack();
    guard.use(reader);
    ensureShape(reader, this.#deps.format);
    guard.move();
    this.#deps.line.opened();
    return reader;
  }

  async #read(reader: FrameReader, wanted: number, signal: AbortSignal): Promise<FrameLease | Overrun> {
    if (wanted !== wantedOnAir) return await reader.at(wanted as Tick, signal);
    const head = reader.head();
    if (head < 0) return await reader.next(signal);
    const aired = this.#grid.tickAtOrBefore(this.#deps.clock.now());
    return await reader.at(Math.min(Math.max(aired, reader.oldest()), head) as Tick, signal);
  }

  #lend(lease: FrameLease): void {
    const verdict = lease.copySound(this.#sound, 0);
    this.#lent = lease;
    const { planes, strides } = lease.picture;
    const isGood = this.#deps.line.lend(
      lease.tick,
      planes,
      strides,
      this.#sound,
      lease.sampleStart,
      lease.samples,
      verdict === "intact",
    );
    if (isGood) return;
    this.#giveBack();
    throw new PlayoutError("BusIncompatible", "The bus lends planes that are smaller than its format says.");
  }

  #giveBack(): void {
    if (this.#lent?.release() === "overwritten") this.torn++;
    this.#lent = undefined;
  }

  async #recover(error: PlayoutError, signal: AbortSignal): Promise<void> {
    if (error.code === "BusIncompatible" || error.code === "InvalidArgument") {
      this.#deps.line.incompatible();
      throw error;
    }
    await this.#reader?.[Symbol.asyncDispose]();
    this.#reader = undefined;
    await realPause(reopenMs, signal);
  }
}
