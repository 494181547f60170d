import {
  type ChannelSettings,
  createPlan,
  defaultChannelSettings,
  defaultProgramFormat,
  type FrameLease,
  HouseGrid,
  MemoryFrameBus,
  type Nanoseconds,
  nanosecondsFromMs,
  type Place,
  type Plan,
  type ProgramFormat,
  Quarantine,
  standardRates,
  type Tick,
} from "@retrovue/core";
import { ClockChecker } from "../check/clock-checker.js";
import { Violation } from "../check/violation.js";
import { VirtualHost } from "../host/virtual-host.js";
import type { Mutation } from "../mutants/mutation.js";
import { untouched } from "../mutants/mutation.js";
import { Random } from "../random.js";
import { type Actor, castActors, castGoodActors } from "./cast.js";
import { Clockwork } from "./clockwork.js";
import { PlanWriter } from "./script.js";
import { Stage, type StageReport } from "./stage.js";
import { Stagehand } from "./stagehand.js";
import { reasonsOf, type WorldReport } from "./world-report.js";

export type { WorldReport } from "./world-report.js";

/** What makes a world; the same values make the same world, to the bit. */
export interface WorldOptions {
  readonly seed: number;
  /** Minutes of channel time. Default 6. */
  readonly minutes?: number;
  readonly mutation?: Mutation;
  /** True for a world in which nothing goes wrong and a plan loops: for what must stay as it is for ever. Default false. */
  readonly isCalm?: boolean;
  /** Told once, before anything happens. */
  readonly onStart?: (opening: WorldOpening) => void;
  /** Hears a line for everything that happens, and the tick whose time it is. */
  readonly trace?: (what: string, now: Tick) => void;
  /** Sees each tick as it comes, before it is checked. */
  readonly onTick?: (lease: FrameLease, place: Place, now: Tick, channel: number) => void;
}

/** What a world begins with. */
export interface WorldOpening {
  readonly grid: HouseGrid;
  readonly firstTick: Tick;
  /** How many channels run side by side, with one quarantine. */
  readonly channels: number;
  readonly clock: "utc" | "master";
  readonly actors: readonly Actor[];
  readonly plan: Plan;
}

/** 2026-01-01T00:00:00Z: any day will do, but always the same. */
const epochNs = 1_767_225_600_000_000_000n;

/** Steps of the host for one look at what channels hold. */
const looksPerStage = 4;

/** How long a looping plan of a calm world is. */
const loopNs = 60_000_000_000n;

/** What is held to its promises at each step of the host. */
interface Look {
  readonly clock: () => void;
  readonly stages: () => void;
}

/** Simulated channels side by side: the real supervisor, channel, clocks and memory bus, on a virtual host, with a cast of assets. */
export class World {
  readonly #options: WorldOptions;
  readonly #random: Random;
  readonly #host: VirtualHost;
  readonly #mutation: Mutation;
  readonly #clockwork: Clockwork;
  readonly #grid: HouseGrid;
  readonly #format: ProgramFormat;
  readonly #settings: ChannelSettings;
  readonly #actors: readonly Actor[];
  readonly #channels: number;
  readonly #faults: Record<string, number> = {};
  #violation: Violation | undefined;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    const isCalm = options.isCalm === true;
    const rate = this.#random.pick(standardRates);
    this.#host = new VirtualHost(
      (epochNs + BigInt(this.#random.int(0, 2 ** 31)) * 1_000_003n) as Nanoseconds,
    );
    const follows = this.#random.chance(40) && !isCalm ? "master" : "utc";
    this.#mutation = options.mutation ?? untouched;
    const seen = this.#mutation.host(this.#host);
    this.#clockwork = new Clockwork(this.#host, this.#random, follows, seen);
    this.#mutation.clock(this.#clockwork.clock);
    this.#format = { ...defaultProgramFormat, width: 8, height: 2, frameRate: rate };
    this.#grid = new HouseGrid(rate, this.#format.sampleRate);
    const twoTicks = this.#grid.length(2) + 1n;
    const guardNs = (twoTicks > 50_000_000n ? twoTicks : 50_000_000n) as Nanoseconds;
    this.#settings = { ...defaultChannelSettings, guardNs };
    this.#actors = isCalm ? castGoodActors(this.#random) : castActors(this.#random);
    this.#channels = !isCalm && this.#random.chance(5) ? 2 : 1;
  }

  /** Runs the world to its end, or to the first broken promise. */
  async run(): Promise<WorldReport> {
    const length = BigInt(Math.round((this.#options.minutes ?? 6) * 60_000)) * 1_000_000n;
    const { clock, master } = this.#clockwork;
    await this.#untilLocked();
    const first = this.#grid.tickAtOrAfter((clock.now() + nanosecondsFromMs(300)) as Nanoseconds);
    const stages = await this.#build(first, length);
    const clocks = new ClockChecker(this.#clockwork);
    const stagehand = new Stagehand({
      random: this.#random,
      host: this.#host,
      clockwork: this.#clockwork,
      clocks,
      grid: this.#grid,
      stages,
      count: (what) => this.#count(what),
      trace: (line) => this.#trace(line),
    });
    let looks = 0;
    const look: Look = {
      clock: () => {
        try {
          clocks.look(stages[0]?.head ?? first);
        } catch (thrown) {
          stages[0]?.caught(thrown);
        }
      },
      stages: () => {
        // What is held and what is owed changes with ticks, of which each takes some steps.
        looks += 1;
        if (looks % looksPerStage === 0) for (const stage of stages) stage.look();
      },
    };

    for (const stage of stages) stage.start();
    clock.markAired();
    const end = this.#host.monotonic() + length;
    while (this.#host.monotonic() < end && this.#violation === undefined) {
      const actAt = this.#options.isCalm === true ? end : this.#host.monotonic() + stagehand.pauseNs();
      await this.#pass((actAt < end ? actAt : end) as Nanoseconds, look);
      if (this.#violation !== undefined || this.#host.monotonic() >= end) break;
      await stagehand.act();
    }
    const reports = await this.#stop(stages, first);
    const sum = (of: (report: StageReport) => number) =>
      reports.reduce((total, report) => total + of(report), 0);
    return {
      seed: this.#options.seed,
      rate: this.#format.frameRate,
      clock: master === undefined ? "utc" : "master",
      channels: this.#channels,
      firstTick: first,
      ticks: sum(({ ticks }) => ticks),
      seams: sum(({ seams }) => seams),
      standIns: sum(({ standIns }) => standIns),
      repeats: sum(({ repeats }) => repeats),
      samples: sum(({ samples }) => samples),
      faults: this.#faults,
      reasons: reasonsOf(reports),
      violation: this.#violation,
      fingerprint: reports.reduce((mixed, { fingerprint }) => Math.imul(mixed, 31) + fingerprint, 0) >>> 0,
    };
  }

  async #build(first: Tick, length: bigint): Promise<readonly Stage[]> {
    const { clock, master } = this.#clockwork;
    const { onStart, trace, onTick } = this.#options;
    const bus = this.#mutation.bus(new MemoryFrameBus({ clock }));
    const shared = new Quarantine();
    const barredSince = new Map<string, Nanoseconds>();
    const stages: Stage[] = [];
    for (let channelId = 1; channelId <= this.#channels; channelId++) {
      const writer = new PlanWriter(this.#random, this.#actors);
      const plan = this.#plan(writer, first, length);
      if (channelId === 1) {
        onStart?.({
          grid: this.#grid,
          firstTick: first,
          channels: this.#channels,
          clock: master === undefined ? "utc" : "master",
          actors: this.#actors,
          plan,
        });
      }
      const name = this.#channels > 1 ? `channel ${channelId}: ` : "";
      const stage = await Stage.build({
        channelId,
        random: this.#random,
        grid: this.#grid,
        format: this.#format,
        settings: this.#settings,
        clockwork: this.#clockwork,
        bus,
        quarantine: this.#mutation.quarantine(shared),
        barredSince,
        actors: this.#actors,
        mutation: this.#mutation,
        writer,
        plan,
        first,
        count: (what) => this.#count(what),
        trace: trace && ((what) => this.#trace(`${name}${what}`)),
        onTick: onTick && ((lease, place) => onTick(lease, place, this.#now(), channelId)),
        onBroken: (violation) => this.#broken(violation, name),
      });
      stages.push(stage);
    }
    return stages;
  }

  async #stop(stages: readonly Stage[], first: Tick): Promise<readonly StageReport[]> {
    let isStopped = false;
    const stopped = Promise.all(stages.map((stage) => stage.stop())).then(() => {
      isStopped = true;
    });
    for (let i = 0; i < 600 && !isStopped; i++)
      await this.#pass((this.#host.monotonic() + 10_000_000n) as Nanoseconds);
    if (!isStopped)
      this.#broken(
        new Violation("channel/stops", stages[0]?.head ?? first, "It did not stop within 6 s."),
        "",
      );
    await Promise.race([stopped, this.#host.settle()]);
    const reports: StageReport[] = [];
    for (const stage of stages) reports.push(await stage.leave(this.#violation === undefined));
    this.#clockwork[Symbol.dispose]();
    return reports;
  }

  /** Before air a clock with a master hears it out. */
  async #untilLocked(): Promise<void> {
    const { clock, master } = this.#clockwork;
    const isLocked = () => master === undefined || clock.health().state === "locked";
    for (let i = 0; i < 60 && !isLocked(); i++) {
      await this.#pass((this.#host.monotonic() + 1_000_000_000n) as Nanoseconds);
    }
  }

  #plan(writer: PlanWriter, first: Tick, length: bigint) {
    const start = this.#grid.tickTime(first);
    if (this.#options.isCalm === true) {
      return createPlan({ revision: 1, start, segments: writer.segments(loopNs), end: "loop" });
    }
    // Now and then the plan began before the channel did, so that it is joined in its middle.
    const early = this.#random.chance(50) ? BigInt(this.#random.int(0, 20_000)) * 1_000_000n : 0n;
    return createPlan(writer.plan((start - early) as Nanoseconds, length + early + 30_000_000_000n));
  }

  /** Lets time pass, timer by timer, everything settling in between. */
  async #pass(until: Nanoseconds, look?: Look): Promise<void> {
    while (this.#violation === undefined || until - this.#host.monotonic() < 20_000_000n) {
      if (!this.#host.step(until)) return;
      // Before anyone acts on the time: what a leap of it breaks then would be told in its place.
      look?.clock();
      await this.#host.settle();
      look?.stages();
    }
  }

  /** Only the first counts: what follows may follow from it. */
  #broken(violation: Violation, name: string): void {
    if (this.#violation !== undefined) return;
    this.#violation = violation;
    this.#trace(`${name}VIOLATION ${violation.rule}: ${violation.what}`);
  }

  #count(what: string): void {
    this.#faults[what] = (this.#faults[what] ?? 0) + 1;
  }

  #now(): Tick {
    return this.#grid.tickAtOrBefore(this.#clockwork.clock.now());
  }

  #trace(what: string): void {
    this.#options.trace?.(what, this.#now());
  }
}
