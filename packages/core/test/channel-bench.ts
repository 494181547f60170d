import { expectationOf } from "../src/channel/expectation.js";
import {
  Channel,
  type ChannelEvent,
  type ChannelSettings,
  type Committer,
  type Conformer,
  DecoderChooser,
  type DecoderFactory,
  defaultChannelSettings,
  defaultProgramFormat,
  type FrameMeta,
  type FrameWriter,
  HouseGrid,
  ManualClock,
  MemoryFrameBus,
  type Nanoseconds,
  nanosecondsFromMs,
  type Plan,
  type ProgramFormat,
  type Rational,
  rational,
  type Tick,
  Timeline,
  tickAfter,
} from "../src/index.js";
import {
  CopyConformer,
  type FaultScript,
  FaultyDecoderFactory,
  PatternDecoderFactory,
  RecordingMetrics,
  readCompactMark,
} from "../src/testing/index.js";

/** One tick as it aired. */
export interface Aired {
  readonly tick: Tick;
  readonly meta: FrameMeta;
  /** Frame number and asset id in the pixels; undefined for slate and black. */
  readonly frame: number | undefined;
  readonly asset: number | undefined;
  /** 0…255: how bright the picture was shown. */
  readonly opacity: number | undefined;
  readonly sound: readonly Float32Array[];
  /** House time at which it was committed. */
  readonly committedAt: Nanoseconds;
}

/** How a bench is set up; everything has a default. */
export interface ChannelBenchOptions {
  readonly rate?: Rational;
  readonly settings?: Partial<ChannelSettings>;
  /** What is wrong with an asset, by URI. */
  readonly faults?: Readonly<Record<string, FaultScript>>;
  /** A second decoder, tried after the first. */
  readonly fallback?: DecoderFactory;
  readonly historyTicks?: number;
  /** How long decoders take to close. Default: no time. */
  readonly closeNs?: Nanoseconds;
  /** What is wrong with conforming. */
  readonly conformer?: (inner: Conformer) => Conformer;
  /** What is wrong with lending. */
  readonly writer?: (inner: FrameWriter) => FrameWriter;
}

/** A small picture with a compact mark: what assets of a bench are made of. `test://pattern?…` with these keys. */
export const clip = (id: number, more = "rate=30000/1001&duration=60s"): { readonly uri: string } => ({
  uri: `test://pattern?id=${id}&size=8x2&mark=compact&${more}`,
});

/** A channel on a manual clock, a memory bus and pattern decoders, read tick by tick. */
export class ChannelBench implements AsyncDisposable {
  readonly grid: HouseGrid;
  readonly format: ProgramFormat;
  readonly clock: ManualClock;
  readonly settings: ChannelSettings;
  readonly events: ChannelEvent[] = [];
  readonly patterns = new PatternDecoderFactory();
  /** Pairs that the chooser may not use. */
  readonly barred = new Set<string>();
  readonly metrics = new RecordingMetrics();
  readonly #options: ChannelBenchOptions;
  readonly #stop = new AbortController();
  readonly #aired: Aired[] = [];
  #committer: Committer | undefined;
  #bus: MemoryFrameBus | undefined;
  #channel: Channel | undefined;
  #worker = new AbortController();
  #running: Promise<void> | undefined;
  #watching: Promise<void> | undefined;

  constructor(
    options: ChannelBenchOptions = {},
    start: Nanoseconds = 1_772_323_200_000_000_000n as Nanoseconds,
  ) {
    this.#options = options;
    const frameRate = options.rate ?? rational(30_000, 1_001);
    this.format = { ...defaultProgramFormat, width: 8, height: 2, frameRate };
    this.grid = new HouseGrid(frameRate, this.format.sampleRate);
    this.clock = new ManualClock(start);
    this.settings = { ...defaultChannelSettings, ...options.settings };
  }

  /** The first tick of the channel's life. */
  get first(): Tick {
    return this.grid.tickAtOrAfter((1_772_323_200_000_000_000n + 1_000_000_000n) as Nanoseconds);
  }

  get channel(): Channel {
    if (this.#channel === undefined) throw new Error("Start the bench first.");
    return this.#channel;
  }

  get committer(): Committer {
    if (this.#committer === undefined) throw new Error("Start the bench first.");
    return this.#committer;
  }

  /** Decoders that take their time to close. */
  #slowToClose(inner: DecoderFactory): DecoderFactory {
    const { closeNs } = this.#options;
    if (closeNs === undefined) return inner;
    const open: DecoderFactory["open"] = async (asset, options, signal) => {
      const decoder = await inner.open(asset, options, signal);
      const close = decoder[Symbol.asyncDispose].bind(decoder);
      return Object.assign(decoder, {
        [Symbol.asyncDispose]: async () => {
          const until = (this.clock.now() + closeNs) as Nanoseconds;
          await this.clock.sleepUntil(until, new AbortController().signal).catch(() => {});
          await close();
        },
      });
    };
    return { probe: inner.probe.bind(inner), open };
  }

  /** Puts a plan on air from `first` on. */
  async start(plan: Plan): Promise<void> {
    const { grid, format, clock, settings } = this;
    const { signal } = this.#stop;
    const bus = new MemoryFrameBus({ clock });
    const spec = {
      engineId: "bench",
      channelId: 1,
      format,
      leadTicks: grid.ticksIn(settings.leadNsTarget) + 2,
      historyTicks: this.#options.historyTicks ?? 100,
      guardNs: settings.guardNs,
      mapping: clock.mapping(),
    };
    this.#bus = bus;
    this.#committer = await bus.create(spec, signal);
    this.#committer.start(this.first);
    const reader = await bus.openReader(spec, { name: "bench" }, signal);
    this.#watching = this.#watch(reader, signal);
    await this.#begin(plan, this.first);
  }

  /**
   * The worker is lost; another goes on with the first tick that it can reach.
   *
   * @param continues true where the last tick on the bus is whole, as the supervisor then tells a worker
   */
  async takeOver(plan: Plan, continues = false): Promise<void> {
    const { committer, grid, clock, settings } = this;
    const lost = this.#running;
    const lane = this.#lane;
    this.#worker.abort();
    this.#worker = new AbortController();
    committer.setReason("workerLost");
    committer.retireLane(lane, "workerLost");
    const places = new Timeline(plan, grid).placesFrom(committer.head(), 8);
    committer.expect(places.map((place) => expectationOf(place, plan.revision)));
    const open = grid.tickAtOrAfter((clock.now() + settings.guardNs + grid.length(1)) as Nanoseconds);
    await this.#begin(plan, Math.max(open, committer.head() + 1) as Tick, continues);
    const running = this.#running;
    this.#running = Promise.all([lost, running]).then(() => {});
  }

  #lane = 0;

  async #begin(plan: Plan, from: Tick, continues = false): Promise<void> {
    const { grid, format, clock, settings, committer, metrics } = this;
    const bus = this.#bus;
    if (bus === undefined) throw new Error("Start the bench first.");
    const { signal } = this.#worker;
    const { faults, fallback } = this.#options;
    const ticket = committer.openLane();
    this.#lane = ticket.lane;
    const writer = await bus.openWriter(ticket, signal);
    const main = new FaultyDecoderFactory({ inner: this.patterns, clock, script: (uri) => faults?.[uri] });
    const decoders = [
      { name: "main", factory: this.#slowToClose(main) },
      ...(fallback ? [{ name: "fallback", factory: fallback }] : []),
    ];
    const chooser = new DecoderChooser({
      decoders,
      clock,
      timeoutNs: nanosecondsFromMs(5_000),
      barred: (uri, index) => this.barred.has(`${index} ${uri}`),
    });
    const conformer = new CopyConformer(format, { compact: true });
    this.#channel = new Channel({
      grid,
      format,
      settings,
      clock,
      writer: this.#options.writer?.(writer) ?? writer,
      conformer: this.#options.conformer?.(conformer) ?? conformer,
      chooser,
      timeline: new Timeline(plan, grid),
      onEvent: (event) => this.events.push(event),
      metrics,
    });
    this.#running = this.#channel.run(from, signal, continues);
  }

  /** Takes another plan, as an edit on air. */
  edit(plan: Plan): void {
    this.channel.setTimeline(new Timeline(plan, this.grid));
  }

  /** Lets time pass until tick `first + n − 1` has had its time, and gives all that aired up to it. */
  async play(n: number): Promise<readonly Aired[]> {
    await this.clock.advanceTo(this.grid.tickTime(tickAfter(this.first, n)));
    return this.#aired.slice(0, n);
  }

  async #watch(
    reader: Awaited<ReturnType<MemoryFrameBus["openReader"]>>,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      for (;;) {
        const lease = await reader.next(signal);
        if (lease.overrun) throw new Error(`The bench overlooked tick ${lease.tick}.`);
        const isPicture = lease.meta.standIn === undefined || lease.meta.standIn === "hold";
        const mark = isPicture ? readCompactMark(lease.picture.planes[0] ?? new Uint8Array()) : undefined;
        const sound = Array.from({ length: this.format.channels }, () => new Float32Array(lease.samples));
        lease.copySound(sound, 0);
        const { tick, meta } = lease;
        const { frame, asset, opacity } = mark ?? { frame: undefined, asset: undefined, opacity: undefined };
        this.#aired.push({ tick, meta, frame, asset, opacity, sound, committedAt: this.clock.now() });
        lease.release();
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }

  /** Stops the channel; all decoders are closed when this resolves. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#worker.abort();
    // Decoders that hang are given up by the clock, which nobody else moves any more.
    const ended = Promise.all([this.#running, this.#watching]);
    await Promise.race([ended, this.clock.advanceBy(nanosecondsFromMs(5_000))]);
    await ended;
    await this.#committer?.[Symbol.asyncDispose]();
  }
}

/** What a row of ticks showed, a letter each: `3` a planned picture of asset 3, `h` a hold, `s` slate, `b` black. */
export const strip = (aired: readonly Aired[]): string =>
  aired.map(({ meta, asset }) => (meta.standIn === undefined ? `${asset ?? "?"}` : meta.standIn[0])).join("");
