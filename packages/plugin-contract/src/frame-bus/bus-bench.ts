import {
  type BusSpec,
  type Clock,
  type Committer,
  defaultProgramFormat,
  type Expectation,
  type FrameBus,
  type FrameLease,
  type FrameMeta,
  type FrameReader,
  type FrameWriter,
  HouseGrid,
  ManualClock,
  type Nanoseconds,
  type Overrun,
  type PictureBuffer,
  type PicturePlanes,
  type Refusal,
  rational,
  type Tick,
  type TickSound,
  tickAfter,
} from "@retrovue/core";
import { metaOf as emptyMeta } from "@retrovue/core/testing";
import { ensure, eventually } from "../framework/check.js";

/** Makes the bus under test. It follows `clock`, or is told of every move through `Committer.setMapping`. */
export type OpenFrameBus = (
  clock: Clock,
) => FrameBus | Partial<AsyncDisposable> | Promise<FrameBus | Partial<AsyncDisposable>>;

/** Segments that the rules play. */
export const segments = Object.freeze({ a: "a".repeat(32), b: "b".repeat(32), c: "c".repeat(32) });

/** A small format with a rate whose ticks share their samples unevenly: 1601, 1602, … */
export const benchFormat = Object.freeze({
  ...defaultProgramFormat,
  width: 34,
  height: 18,
  frameRate: rational(30_000, 1_001),
});

/** Lead and history that keep laps short. */
export const benchLeadTicks = 8;
export const benchHistoryTicks = 6;

/** Pictures that the pool of a bench bus lends: lead + history + direct references + 4 (docs/contracts/frame-bus.md). */
export const benchPoolSize = benchLeadTicks + benchHistoryTicks + 4;

/** 2027-01-15, to make ticks as large as they are in service. */
const benchEpoch = 1_800_000_000_000_000_000n as Nanoseconds;

let benchesMade = 0;

/** A bus under test with a clock that stands still until moved. */
export class BusBench implements AsyncDisposable {
  readonly grid = new HouseGrid(benchFormat.frameRate, benchFormat.sampleRate);
  /** The tick that is on air when the bench is made. */
  readonly now: Tick;
  readonly #channels: BusChannel[] = [];
  readonly #name = `contract-${process.pid}-${++benchesMade}`;

  private constructor(
    readonly clock: ManualClock,
    readonly bus: FrameBus & Partial<AsyncDisposable>,
    readonly signal: AbortSignal,
  ) {
    this.now = this.grid.tickAtOrBefore(clock.now());
  }

  static async open(open: OpenFrameBus, signal: AbortSignal): Promise<BusBench> {
    const grid = new HouseGrid(benchFormat.frameRate, benchFormat.sampleRate);
    const clock = new ManualClock(grid.tickTime(grid.tickAtOrAfter(benchEpoch)));
    return new BusBench(clock, (await open(clock)) as FrameBus & Partial<AsyncDisposable>, signal);
  }

  spec(changes: Partial<BusSpec> = {}): BusSpec {
    return {
      engineId: this.#name,
      channelId: 1,
      format: benchFormat,
      leadTicks: benchLeadTicks,
      historyTicks: benchHistoryTicks,
      mapping: this.clock.mapping(),
      ...changes,
    };
  }

  /** Makes a bus; nothing is started. */
  async create(changes: Partial<BusSpec> = {}): Promise<BusChannel> {
    const spec = this.spec(changes);
    const channel = new BusChannel(this, spec, await this.bus.create(spec, this.signal));
    this.#channels.push(channel);
    return channel;
  }

  /** Makes a bus whose first tick is `channel.first`, with a plan that has segment A from there on. */
  async start(changes: Partial<BusSpec> = {}): Promise<BusChannel> {
    const channel = await this.create(changes);
    channel.committer.setPolicy({ holdTicksMax: 3, after: "slate" });
    channel.committer.expect([expectation({ firstTick: channel.first })]);
    channel.committer.start(channel.first);
    return channel;
  }

  /** Moves house time; every committer is told. Never back. */
  moveTo(at: Nanoseconds): void {
    this.clock.set(at);
    for (const channel of this.#channels) channel.tellTime();
  }

  /** Moves to the time at which `missing` gets its stand-in, or `offsetNs` after it. */
  moveToGuardOf(missing: Tick, offsetNs = 0n): void {
    this.moveTo((this.grid.tickTime(missing) - this.guardNs + offsetNs) as Nanoseconds);
  }

  /** The default guard: two ticks at this rate, which are more than 50 ms. */
  get guardNs(): bigint {
    return this.grid.length(2);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const channel of this.#channels.reverse()) await channel[Symbol.asyncDispose]();
    await this.bus[Symbol.asyncDispose]?.();
  }
}

/** One bus: its committer, and whatever the rule opens on it. */
export class BusChannel implements AsyncDisposable {
  readonly grid: HouseGrid;
  readonly signal: AbortSignal;
  /** First tick of the channel: four ticks from now, so that nothing is due yet. */
  readonly first: Tick;
  readonly #opened: AsyncDisposable[] = [];
  #committerDisposed = false;

  constructor(
    readonly bench: BusBench,
    readonly spec: BusSpec,
    readonly committer: Committer,
  ) {
    this.grid = bench.grid;
    this.signal = bench.signal;
    this.first = tickAfter(this.grid.tickAtOrBefore(bench.clock.now()), 4);
  }

  /** `n` ticks after the first. */
  tick(n: number): Tick {
    return tickAfter(this.first, n);
  }

  async openWriter(): Promise<LaneBench> {
    const ticket = this.committer.openLane();
    const writer = await this.bench.bus.openWriter(ticket, this.signal);
    const lane = new LaneBench(this, writer, ticket.lane);
    this.#opened.push(writer);
    return lane;
  }

  async openReader(name = "contract"): Promise<FrameReader> {
    const reader = await this.bench.bus.openReader(this.spec, { name }, this.signal);
    this.#opened.push(reader);
    return reader;
  }

  /** Reads a tick that must be readable. */
  async read(reader: FrameReader, at: Tick): Promise<FrameLease> {
    return lease(await reader.at(at, this.signal));
  }

  /** Waits until the committer has got as far as `at`. */
  async committed(at: Tick): Promise<void> {
    await eventually(() => (this.committer.head() >= at ? true : undefined), `Tick ${at}`, this.signal);
  }

  /** Hands the bench's time on, where the bus takes it from the mapping. */
  tellTime(): void {
    if (!this.#committerDisposed) this.committer.setMapping(this.bench.clock.mapping());
  }

  /** Ends the bus. */
  async end(): Promise<void> {
    this.#committerDisposed = true;
    await this.committer[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of this.#opened) await opened[Symbol.asyncDispose]();
    await this.end();
  }
}

/** What a rule may say of a tick that it submits. */
export interface SubmitChanges {
  /** Default: a new buffer filled with the tick's number. */
  readonly picture?: PictureBuffer | "slate" | "black";
  /** Default: the tick's exact share, each sample telling its index. */
  readonly sound?: TickSound | "none";
  readonly meta?: Partial<FrameMeta>;
}

/** A worker's end of a lane. */
export class LaneBench {
  readonly refusals: Refusal[] = [];

  constructor(
    readonly channel: BusChannel,
    readonly writer: FrameWriter,
    readonly lane: number,
  ) {
    writer.onRefused((refusal) => this.refusals.push(refusal));
  }

  loan(): Promise<PictureBuffer> {
    return this.writer.loan(this.channel.signal);
  }

  /** Borrows, fills, hands over and releases; answers at once, whatever the committer thinks. */
  async submit(at: Tick, changes: SubmitChanges = {}): Promise<void> {
    const { grid } = this.channel;
    let picture = changes.picture;
    if (picture === undefined) {
      picture = await this.loan();
      paint(picture, at);
    }
    const sound = changes.sound ?? soundOf(grid, at);
    const firstOfSegment = at === this.channel.first;
    const meta = metaOf({ firstOfSegment, ...changes.meta });
    this.writer.submit(at, picture, sound === "none" ? undefined : sound, meta);
    if (changes.picture === undefined && typeof picture !== "string") picture.release();
  }

  /** Submits `count` ticks from `from` on, moving time along so that none is early or late. */
  async play(from: Tick, count: number, changes: SubmitChanges = {}): Promise<void> {
    const { bench, grid } = this.channel;
    for (let n = 0; n < count; n++) {
      const at = tickAfter(from, n);
      const time = grid.tickTime(tickAfter(at, -4));
      if (time > bench.clock.now()) bench.moveTo(time);
      await this.submit(at, changes);
      // A worker that runs far ahead of the committer would only measure how long its lane is.
      if (n % 4 === 3 || n === count - 1) await this.channel.committed(at);
    }
  }

  /** Waits for the refusal of `at`. */
  refusalOf(at: Tick): Promise<Refusal> {
    const find = () => this.refusals.find((refusal) => refusal.tick === at);
    return eventually(find, `The refusal of tick ${at}`, this.channel.signal);
  }
}

/** The plan as the bench has it: segment A, unless a rule says otherwise. */
export function expectation(changes: Partial<Expectation> & { readonly firstTick: Tick }): Expectation {
  return {
    segmentId: segments.a,
    planRevision: 7,
    assetUri: "/media/a.mkv",
    assetTitle: "A",
    pad: false,
    ...changes,
  };
}

/** The meta of a planned tick of segment A. */
export const metaOf = (changes: Partial<FrameMeta> = {}): FrameMeta =>
  emptyMeta({
    planRevision: 7,
    segmentId: segments.a,
    assetUri: "/media/a.mkv",
    assetTitle: "A",
    mediaTime: 0n as NonNullable<FrameMeta["mediaTime"]>,
    decoderIndex: 0,
    ...changes,
  });

/** A lease, where no overrun may be. */
export function lease(read: FrameLease | Overrun): FrameLease {
  ensure(!read.overrun, `tick ${read.tick} is readable`);
  return read;
}

/** An overrun, where no lease may be. */
export function overrun(read: FrameLease | Overrun): Overrun {
  ensure(read.overrun, `tick ${read.tick} is told as overrun`);
  return read;
}

/** Fills a picture with a value that tells which tick it was made for. */
export function paint(picture: PicturePlanes, at: Tick): void {
  for (const plane of picture.planes) plane.fill(shadeOf(at));
}

/** What `paint` fills with: never 16 or 128, the shades of black. */
export const shadeOf = (at: Tick): number => 130 + (at % 97);

/** Says where a picture is not all `shade`; undefined where it is. */
export function unlike(picture: PicturePlanes, shade: number): string | undefined {
  for (const [i, plane] of picture.planes.entries()) {
    const at = plane.findIndex((value) => value !== shade);
    if (at >= 0) return `plane ${i} byte ${at} is ${plane[at]}, not ${shade}`;
  }
  return undefined;
}

/** The value of sample `index` of a channel: exact in float32, different from its neighbours. */
export const sampleOf = (index: number, channel: number): number =>
  ((index % 8_191) + 1) / (channel === 0 ? 8_192 : -8_192);

/** The exact sound of a tick. */
export function soundOf(grid: HouseGrid, at: Tick): TickSound {
  const start = grid.sampleAt(at);
  const samples = grid.samplesIn(at);
  const channels = Array.from({ length: benchFormat.channels }, (_, channel) =>
    Float32Array.from({ length: samples }, (_, i) => sampleOf(start + i, channel)),
  );
  return { channels, samples };
}

/** Copies a lease's sound out. */
export function soundIn(read: FrameLease): Float32Array[] {
  const channels = Array.from({ length: benchFormat.channels }, () => new Float32Array(read.samples));
  read.copySound(channels, 0);
  return channels;
}
