import {
  type BusSpec,
  type Committer,
  defaultProgramFormat,
  type EncodeSettings,
  type FrameBus,
  type FrameReader,
  type FrameWriter,
  HouseGrid,
  ManualClock,
  type Nanoseconds,
  type ProgramFormat,
  type Renderer,
  type RendererFactory,
  type RenderSource,
  rational,
  renderSource,
  type Tick,
  tickAfter,
} from "@retrovue/core";
import { drawBlockMark, drawGround, NoiseSoundMark } from "@retrovue/core/testing";
import { metaOf, type OpenFrameBus } from "../frame-bus/bus-bench.js";
import { eventually } from "../framework/check.js";

/** Small, but large enough for marks that survive coding; a rate whose ticks share their samples unevenly. */
export const renderFormat: ProgramFormat = Object.freeze({
  ...defaultProgramFormat,
  width: 192,
  height: 112,
  frameRate: rational(30_000, 1_001),
});

/** What any encoder can do. Key frames each 10 ticks (at 30000/1001). */
export const renderSettings: EncodeSettings = Object.freeze({
  video: Object.freeze({ codec: "h264", bitrateKbps: 800, gopMs: 340, preset: "ultrafast" }),
  audio: Object.freeze({ codec: "aac", bitrateKbps: 128 }),
});

/** The asset that the marks name. */
export const renderAsset = 9;
/** Ticks that may be submitted ahead: half a second. */
const leadTicksDefault = 15;
const historyTicks = 8;
/** Ticks that the bench lets a renderer fall behind what is submitted, which is four ahead of time: so it is never late. */
const renderedBehindMax = 2;

/** 2027-01-15, to make ticks as large as they are in service. */
export const renderEpoch = 1_800_000_000_000_000_000n as Nanoseconds;

/** A chunk as a tap heard it, and house time then. */
export interface HeardChunk {
  readonly bytes: Uint8Array;
  readonly randomAccess: boolean;
  readonly tick: Tick;
  readonly at: Nanoseconds;
}

/** What a bench is made of. */
export interface RenderBenchOptions {
  readonly factory: RendererFactory;
  readonly openBus: OpenFrameBus;
  /** Default: `renderFormat`. */
  readonly format?: ProgramFormat;
  /** House time at first. Default: `renderEpoch`. */
  readonly epoch?: Nanoseconds;
  /** Ticks that may be submitted ahead. Default 15. */
  readonly leadTicks?: number;
}

let benchesMade = 0;

/** A channel on air by hand: a bus under a standing clock, whose ticks carry their numbers in picture and sound, and renderers. */
export class RenderBench implements AsyncDisposable {
  readonly grid: HouseGrid;
  readonly clock: ManualClock;
  readonly format: ProgramFormat;
  /** Number of the first tick of the channel. */
  first: Tick;
  readonly heard: HeardChunk[] = [];
  /** Source for renderers that are started by hand. */
  readonly source: RenderSource;
  readonly #spec: Omit<BusSpec, "mapping">;
  readonly #noise: readonly NoiseSoundMark[];
  readonly #renderers: Renderer[] = [];
  #committer: Committer | undefined;
  #writer: FrameWriter | undefined;

  private constructor(
    readonly bus: FrameBus & Partial<AsyncDisposable>,
    clock: ManualClock,
    private readonly options: RenderBenchOptions,
    readonly signal: AbortSignal,
  ) {
    this.clock = clock;
    this.format = options.format ?? renderFormat;
    this.grid = new HouseGrid(this.format.frameRate, this.format.sampleRate);
    this.first = this.#soon();
    const engineId = `render-${process.pid}-${++benchesMade}`;
    const { leadTicks = leadTicksDefault } = options;
    this.#spec = { engineId, channelId: 1, format: this.format, leadTicks, historyTicks };
    this.source = renderSource(this.bus, this.#spec);
    const { channels, sampleRate } = this.format;
    this.#noise = Array.from({ length: channels }, (_, c) => new NoiseSoundMark(renderAsset, c, sampleRate));
  }

  static async make(options: RenderBenchOptions, signal: AbortSignal): Promise<RenderBench> {
    const { frameRate, sampleRate } = options.format ?? renderFormat;
    const grid = new HouseGrid(frameRate, sampleRate);
    const clock = new ManualClock(grid.tickTime(grid.tickAtOrAfter(options.epoch ?? renderEpoch)));
    const bus = (await options.openBus(clock)) as FrameBus & Partial<AsyncDisposable>;
    return new RenderBench(bus, clock, options, signal);
  }

  /** Makes the bus; ticks may be played from `first` on. */
  async openBus(): Promise<void> {
    this.first = this.#soon();
    const mapping = this.clock.mapping();
    this.#committer = await this.bus.create({ ...this.#spec, mapping }, this.signal);
    this.#committer.start(this.first);
    this.#writer = await this.bus.openWriter(this.#committer.openLane(), this.signal);
  }

  /** Ends the bus, as an engine that stops the channel. */
  async closeBus(): Promise<void> {
    await this.#writer?.[Symbol.asyncDispose]();
    await this.#committer?.[Symbol.asyncDispose]();
    this.#writer = undefined;
    this.#committer = undefined;
  }

  /** Opens a renderer, starts it, and listens. Disposed with the bench. */
  async startRenderer(
    settings: EncodeSettings = renderSettings,
    format: ProgramFormat = this.format,
  ): Promise<Renderer> {
    const renderer = await this.openRenderer(format);
    renderer.tap({
      write: ({ bytes, randomAccess, tick }) =>
        this.heard.push({ bytes: bytes.slice(), randomAccess, tick, at: this.clock.now() }),
    });
    renderer.start(this.source, this.clock, settings);
    return renderer;
  }

  /** Opens a renderer and does nothing with it. Disposed with the bench. */
  async openRenderer(format: ProgramFormat = this.format): Promise<Renderer> {
    const renderer = await this.options.factory.open(format, this.signal);
    this.#renderers.push(renderer);
    return renderer;
  }

  openReader(): Promise<FrameReader> {
    return this.source.openReader(this.signal);
  }

  /**
   * Plays `count` ticks from `from` on: each submitted four ticks before its time, while time goes on. Waits for `renderer`, so that
   * the machine's speed does not matter. In the end all are in the stream, and time stands before the last of them.
   */
  async play(renderer: Renderer, from: Tick, count: number): Promise<void> {
    const done = () => {
      const { encodedFrames, missedTicks } = renderer.counters();
      return encodedFrames + missedTicks;
    };
    const before = done();
    for (let n = 0; n < count; n++) {
      const at = tickAfter(from, n);
      this.moveTo(this.grid.tickTime(tickAfter(at, -4)));
      await this.submit(at);
      // The first is waited for: a renderer may begin with the newest tick that it finds.
      const least = n === 0 ? 1 : n - renderedBehindMax;
      await eventually(() => (done() - before >= least ? true : undefined), `Tick ${at}`, this.signal);
    }
    const ended = () => (done() - before >= count ? true : undefined);
    await eventually(ended, `All ${count} ticks in the stream`, this.signal);
  }

  /** Lets everything up to `last` leave: time goes on to the next tick, a stand-in, which is forgotten when it is heard. */
  async hearUpTo(last: Tick): Promise<readonly HeardChunk[]> {
    this.moveTo(this.grid.tickTime(tickAfter(last, 1)));
    const isHeard = () => (this.heard.some(({ tick }) => tick > last) ? true : undefined);
    await eventually(isHeard, `The bytes after tick ${last}`, this.signal);
    const isAfter = ({ tick }: HeardChunk) => tick > last;
    this.heard.splice(this.heard.findIndex(isAfter));
    return this.heard;
  }

  /** Hands tick `at` over with its marks: picture number and sound position count from `first`. */
  async submit(at: Tick): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) throw new Error("The bench has no bus now.");
    const picture = await writer.loan(this.signal);
    drawGround(picture, this.format);
    drawBlockMark(picture, this.format, { frame: at - this.first, asset: renderAsset });
    const start = this.grid.sampleAt(at);
    const samples = this.grid.samplesIn(at);
    const channels = this.#noise.map((noise) => {
      const channel = new Float32Array(samples);
      noise.write(channel, 0, samples, start - this.grid.sampleAt(this.first));
      return channel;
    });
    writer.submit(at, picture, { channels, samples }, metaOf({ firstOfSegment: at === this.first }));
    picture.release();
  }

  /** Moves house time, for the bus as well. Never back. */
  moveTo(at: Nanoseconds): void {
    if (at > this.clock.now()) this.clock.set(at);
    this.#committer?.setMapping(this.clock.mapping());
  }

  /** All bytes heard, in order. */
  stream(): Uint8Array {
    return Buffer.concat(this.heard.map(({ bytes }) => bytes));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const renderer of this.#renderers) await renderer[Symbol.asyncDispose]();
    await this.closeBus();
    await this.bus[Symbol.asyncDispose]?.();
  }

  #soon(): Tick {
    return tickAfter(this.grid.tickAtOrBefore(this.clock.now()), 5);
  }
}
