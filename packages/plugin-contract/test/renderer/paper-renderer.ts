import {
  type Clock,
  type EncodeSettings,
  type FrameReader,
  HouseGrid,
  type Nanoseconds,
  PlayoutError,
  type ProgramFormat,
  type Renderer,
  type RendererCounters,
  type RendererFactory,
  type RenderSource,
  type StreamTap,
  type Tick,
} from "@retrovue/core";
import { type MuxerFlaws, PaperMuxer } from "./paper-muxer.js";
import { PaperPipe } from "./paper-pipe.js";

/** What a renderer of paper may do wrong. */
export interface PaperFlaws extends MuxerFlaws {
  /** Takes these ticks twice. */
  readonly repeats?: (tick: Tick) => boolean;
  readonly neverReopens?: boolean;
  readonly mustFindItsBus?: boolean;
  readonly retriesOverruns?: boolean;
  readonly wantsWorkers?: boolean;
  readonly gapInSeconds?: boolean;
  readonly takesAnyFormat?: boolean;
  readonly takesAnyLayout?: boolean;
  readonly groupTicks?: number;
  readonly cutsChunks?: boolean;
  readonly bursts?: boolean;
  readonly failsAtTheEnd?: boolean;
  readonly endsOnlyOnceStarted?: boolean;
  readonly worksAfterTheEnd?: boolean;
  readonly forgetsAtTheEnd?: boolean;
  readonly opensWhenAborted?: boolean;
  readonly fallsWithATap?: boolean;
  readonly takesAnySettings?: boolean;
  readonly stillsAreText?: boolean;
  /** Into pipes go bytes without heads. */
  readonly pipesWithoutHeads?: boolean;
  /** Taps hear what is piped. */
  readonly tapsHearPipes?: boolean;
  /** A pipe that is full is waited for, and nothing done meanwhile. */
  readonly standsWithItsPipe?: boolean;
  readonly fallsWithItsPipe?: boolean;
}

const aheadNs = 500_000_000n;

/** A renderer without codecs: reads like one, and sends a stream whose units are empty. What mutants are made of. */
export class PaperRendererFactory implements RendererFactory {
  constructor(private readonly flaws: PaperFlaws = {}) {}

  async open(format: ProgramFormat, signal: AbortSignal): Promise<Renderer> {
    if (this.flaws.opensWhenAborted !== true) signal.throwIfAborted();
    return new PaperRenderer(format, this.flaws);
  }
}

class PaperRenderer implements Renderer {
  readonly #end = Promise.withResolvers<void>();
  readonly finished = this.#end.promise;
  readonly #taps = new Set<StreamTap>();
  readonly #stop = new AbortController();
  readonly #grid: HouseGrid;
  readonly #muxer: PaperMuxer;
  #counts = { encoded: 0, missed: 0, bytes: 0, opens: 0, gapNs: 0 };
  #work: Promise<void> | undefined;
  #sent: Promise<void> = Promise.resolve();
  #pipe: PaperPipe | undefined;

  constructor(
    private readonly format: ProgramFormat,
    private readonly flaws: PaperFlaws,
  ) {
    this.#grid = new HouseGrid(format.frameRate, format.sampleRate);
    this.#muxer = new PaperMuxer(this.#grid, flaws);
    this.finished.catch(() => {});
  }

  start(source: RenderSource, clock: Clock, settings: EncodeSettings): void {
    this.#throwIfEnded();
    const { video, audio } = settings;
    const isPossible = video.codec === "h264" && audio.codec === "aac" && video.bitrateKbps > 0;
    if (!isPossible && this.flaws.takesAnySettings !== true) {
      throw new PlayoutError("InvalidConfig", "Paper takes H.264 and AAC.");
    }
    this.#work = this.#run(source, clock).catch((thrown: unknown) => {
      if (!this.#stop.signal.aborted) this.#end.reject(thrown);
    });
  }

  tap(tap: StreamTap): Disposable {
    this.#throwIfEnded();
    this.#taps.add(tap);
    return { [Symbol.dispose]: () => void this.#taps.delete(tap) };
  }

  pipeTo(descriptor: number): void {
    this.#throwIfEnded();
    const onGone = () => {
      if (this.flaws.fallsWithItsPipe === true)
        this.#end.reject(new PlayoutError("Unavailable", "Nobody reads."));
    };
    this.#pipe = new PaperPipe(descriptor, onGone);
  }

  counters(): RendererCounters {
    const { encoded, missed, bytes, opens, gapNs } = this.#counts;
    const encodeLatency = { buckets: [encoded], sumNs: 0 };
    const rest = { lateTicks: 0, tornTicks: 0, droppedChunks: 0, encodeLatency, frameGapNs: gapNs };
    return { encodedFrames: encoded, missedTicks: missed, bytes, opens, ...rest };
  }

  async snapshot(): Promise<Uint8Array> {
    return this.flaws.stillsAreText === true ? Buffer.from("<svg/>") : Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new PlayoutError("Closed", "Over."));
    await this.#work;
    await this.#sent;
    const { failsAtTheEnd = false, endsOnlyOnceStarted = false, forgetsAtTheEnd = false } = this.flaws;
    if (forgetsAtTheEnd) this.#counts = { encoded: 0, missed: 0, bytes: 0, opens: 0, gapNs: 0 };
    if (failsAtTheEnd) this.#end.reject(new PlayoutError("Closed", "Over."));
    if (!endsOnlyOnceStarted || this.#work !== undefined) this.#end.resolve();
  }

  async #run(source: RenderSource, clock: Clock): Promise<void> {
    const { signal } = this.#stop;
    const position: { next: Tick | undefined } = { next: undefined };
    for (;;) {
      try {
        await using reader = await source.openReader(signal);
        const { takesAnyFormat = false, takesAnyLayout = false } = this.flaws;
        const isAnotherSize = reader.format.width !== this.format.width && !takesAnyFormat;
        const isAnotherLayout =
          reader.format.pixelFormat !== this.format.pixelFormat && !takesAnyFormat && !takesAnyLayout;
        if (isAnotherSize || isAnotherLayout) throw new PlayoutError("BusIncompatible", "Another format.");
        this.#counts.opens++;
        for (;;) position.next = await this.#step(reader, clock, position.next);
      } catch (thrown) {
        const isOver = this.#counts.opens > 0 ? this.flaws.neverReopens : this.flaws.mustFindItsBus;
        if (signal.aborted || PlayoutError.is(thrown, "BusIncompatible") || isOver === true) throw thrown;
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    }
  }

  async #step(reader: FrameReader, clock: Clock, wanted: Tick | undefined): Promise<Tick> {
    const { signal } = this.#stop;
    if (wanted !== undefined && this.flaws.bursts !== true) {
      await clock.sleepUntil((this.#grid.tickTime(wanted) - aheadNs) as Nanoseconds, signal);
    }
    const read = await (wanted === undefined ? reader.next(signal) : reader.at(wanted, signal));
    if (read.overrun) {
      // Yields, or the mutant that never gives up would keep everything else from running.
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.flaws.retriesOverruns === true) return read.tick;
      if (wanted !== undefined) this.#counts.missed += read.oldest - wanted;
      return read.oldest;
    }
    read.release();
    const { tick } = read;
    while (this.flaws.standsWithItsPipe === true && this.#pipe?.isFull === true) {
      if (signal.aborted) throw signal.reason;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const gapNs = Number(clock.now() - this.#grid.tickTime(tick));
    this.#counts.gapNs = this.flaws.gapInSeconds === true ? gapNs * 1e9 : gapNs;
    if (this.flaws.wantsWorkers === true && read.meta.standIn !== undefined) this.#counts.missed++;
    else this.#encode(tick, clock);
    if (this.flaws.repeats?.(tick) === true) this.#encode(tick, clock);
    return (tick + 1) as Tick;
  }

  #encode(tick: Tick, clock: Clock): void {
    const isKey = this.#counts.encoded === 0 || tick % (this.flaws.groupTicks ?? 10) === 0;
    const bytes = this.#muxer.tick(tick, isKey);
    this.#counts.encoded++;
    const { signal } = this.#stop;
    const leaves = this.flaws.bursts === true ? clock.now() : this.#grid.tickTime(tick);
    this.#sent = this.#sent
      .then(() => clock.sleepUntil(leaves, signal))
      .then(() => this.#send(tick, isKey, bytes))
      .catch(() => {});
  }

  #send(tick: Tick, randomAccess: boolean, bytes: Uint8Array): void {
    this.#counts.bytes += bytes.length;
    const cut = this.flaws.cutsChunks === true ? bytes.subarray(0, 100) : bytes;
    if (this.#pipe !== undefined) {
      this.#pipe.write({ bytes: cut, randomAccess, tick }, this.flaws.pipesWithoutHeads === true);
      if (this.flaws.tapsHearPipes !== true) return;
    }
    for (const tap of this.#taps) {
      try {
        tap.write({ bytes: cut, randomAccess, tick });
      } catch {
        if (this.flaws.fallsWithATap === true) this.#taps.clear();
        this.#taps.delete(tap);
      }
    }
  }

  #throwIfEnded(): void {
    if (this.#stop.signal.aborted && this.flaws.worksAfterTheEnd !== true) {
      throw new PlayoutError("Closed", "Over.");
    }
  }
}
