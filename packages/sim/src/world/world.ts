import {
  type BusSpec,
  type ChannelSettings,
  ChannelSupervisor,
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
  type Rational,
  type SupervisorEvent,
  standardRates,
  type Tick,
  Timeline,
} from "@retrovue/core";
import { Checker } from "../check/checker.js";
import { ClockChecker } from "../check/clock-checker.js";
import { HoldingsChecker } from "../check/holdings-checker.js";
import { LifeChecker } from "../check/life-checker.js";
import { Violation } from "../check/violation.js";
import { VirtualHost } from "../host/virtual-host.js";
import type { Mutation } from "../mutants/mutation.js";
import { untouched } from "../mutants/mutation.js";
import { Random } from "../random.js";
import { describeEvent } from "../story/describe-event.js";
import { type Actor, castActors, castGoodActors } from "./cast.js";
import { Clockwork } from "./clockwork.js";
import { Facts } from "./facts.js";
import { PlanWriter } from "./script.js";
import { SimWorkers } from "./sim-workers.js";
import { Stagehand } from "./stagehand.js";
import { Watcher } from "./watcher.js";
import { WorldDecoders } from "./world-decoders.js";

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
  readonly onTick?: (lease: FrameLease, place: Place, now: Tick) => void;
}

/** What a world begins with. */
export interface WorldOpening {
  readonly grid: HouseGrid;
  readonly firstTick: Tick;
  readonly clock: "utc" | "master";
  readonly actors: readonly Actor[];
  readonly plan: Plan;
}

/** What was seen in a world. */
export interface WorldReport {
  readonly seed: number;
  readonly rate: Rational;
  /** What its clock followed. */
  readonly clock: "utc" | "master";
  readonly firstTick: Tick;
  readonly ticks: number;
  readonly seams: number;
  readonly standIns: number;
  readonly repeats: number;
  readonly samples: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly reasons: Readonly<Record<string, number>>;
  readonly violation: Violation | undefined;
  /** Of everything that aired: equal for equal runs. */
  readonly fingerprint: number;
}

/** 2026-01-01T00:00:00Z: any day will do, but always the same. */
const epochNs = 1_767_225_600_000_000_000n;

/** How long a looping plan of a calm world is. */
const loopNs = 60_000_000_000n;

/** One simulated channel: the real supervisor, channel, clocks and memory bus, on a virtual host, with a cast of assets. */
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
  readonly #faults: Record<string, number> = {};
  #head: Tick = 0 as Tick;
  #violation: Violation | undefined;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    const rate = this.#random.pick(standardRates);
    this.#host = new VirtualHost(
      (epochNs + BigInt(this.#random.int(0, 2 ** 31)) * 1_000_003n) as Nanoseconds,
    );
    const follows = this.#random.chance(40) && options.isCalm !== true ? "master" : "utc";
    this.#mutation = options.mutation ?? untouched;
    const seen = this.#mutation.host(this.#host);
    this.#clockwork = new Clockwork(this.#host, this.#random, follows, seen);
    this.#format = { ...defaultProgramFormat, width: 8, height: 2, frameRate: rate };
    this.#grid = new HouseGrid(rate, this.#format.sampleRate);
    const twoTicks = this.#grid.length(2) + 1n;
    const guardNs = (twoTicks > 50_000_000n ? twoTicks : 50_000_000n) as Nanoseconds;
    this.#settings = { ...defaultChannelSettings, guardNs };
    this.#actors = options.isCalm === true ? castGoodActors(this.#random) : castActors(this.#random);
  }

  /** Runs the world to its end, or to the first broken promise. */
  async run(): Promise<WorldReport> {
    const length = BigInt(Math.round((this.#options.minutes ?? 6) * 60_000)) * 1_000_000n;
    const { clock } = this.#clockwork;
    await this.#untilLocked();
    const writer = new PlanWriter(this.#random, this.#actors);
    const first = this.#grid.tickAtOrAfter((clock.now() + nanosecondsFromMs(300)) as Nanoseconds);
    const plan = this.#plan(writer, first, length);
    const facts = new Facts(this.#grid, this.#actors, new Timeline(plan, this.#grid));
    facts.firstTick = first;
    const clockSource = this.#clockwork.master === undefined ? "utc" : "master";
    this.#options.onStart?.({
      grid: this.#grid,
      firstTick: first,
      clock: clockSource,
      actors: this.#actors,
      plan,
    });

    const mutation = this.#mutation;
    const bus = mutation.bus(new MemoryFrameBus({ clock }));
    const spec = this.#spec();
    const committer = await bus.create(spec, new AbortController().signal);
    const mapping = clock.onMapping((mapping) => committer.setMapping(mapping));
    committer.setPolicy({ holdTicksMax: this.#grid.ticksIn(this.#settings.holdNsMax), after: "slate" });
    const quarantine = mutation.quarantine(new Quarantine());
    const life = new LifeChecker({
      now: () => clock.now(),
      head: () => this.#head,
      onViolation: (violation) => this.#broken(violation),
    });
    const decoders = new WorldDecoders({
      clock,
      actors: this.#actors,
      onFault: (actor) => {
        this.#count(actor.fault);
        this.#trace(`${actor.uri}: ${actor.fault}${actor.isTransient ? ", this time" : ""}`);
      },
      onCrash: (uri) => {
        facts.killers.add(uri);
        life.crashed(uri);
        facts.unsettle((clock.now() + nanosecondsFromMs(600)) as Nanoseconds);
      },
    });
    const workers = new SimWorkers({
      clock,
      bus,
      grid: this.#grid,
      format: this.#format,
      settings: this.#settings,
      mutation,
      decoders,
      isBarred: (uri, decoderIndex) => quarantine.isBarred(uri, decoderIndex, clock.now()),
    });
    const supervisor = new ChannelSupervisor(
      {
        grid: this.#grid,
        settings: this.#settings,
        clock,
        committer,
        workers: mutation.workers(life.watch(workers)),
        quarantine,
        onEvent: (event) => {
          life.hear(event);
          this.#hear(event, facts);
        },
      },
      plan,
    );
    const checker = new Checker({
      facts,
      clock,
      channels: this.#format.channels,
      settings: this.#settings,
      state: () => supervisor.state,
    });
    const holdings = new HoldingsChecker(this.#settings.sourcesMax);
    const watching = new AbortController();
    const watcher = new Watcher({
      bus,
      address: spec,
      checker,
      onTick: (lease) => {
        this.#head = lease.tick;
        this.#options.onTick?.(lease, facts.timeline.at(lease.tick), this.#now());
      },
      onThrown: (thrown) => this.#caught(thrown),
    });
    const watched = watcher.run(watching.signal);
    const clocks = new ClockChecker(this.#clockwork);
    const stagehand = new Stagehand({
      random: this.#random,
      host: this.#host,
      clock,
      clockwork: this.#clockwork,
      clocks,
      life,
      grid: this.#grid,
      facts,
      writer,
      supervisor,
      committer,
      workers,
      bus,
      address: spec,
      count: (what) => this.#count(what),
      trace: (line) => this.#trace(line),
    });
    const look = () => {
      this.#guarded(() => {
        clocks.look(this.#head);
        life.look();
        if (workers.newest !== undefined) holdings.running(workers.newest, this.#head);
      });
    };

    supervisor.start(first);
    clock.markAired();
    const end = this.#host.monotonic() + length;
    while (this.#host.monotonic() < end && this.#violation === undefined) {
      const actAt = this.#options.isCalm === true ? end : this.#host.monotonic() + stagehand.pauseNs();
      await this.#pass((actAt < end ? actAt : end) as Nanoseconds, look);
      if (this.#violation !== undefined || this.#host.monotonic() >= end) break;
      await stagehand.act().catch((thrown: unknown) => this.#caught(thrown));
    }
    const failure = workers.failures[0];
    if (failure !== undefined) this.#caught(failure);

    watching.abort();
    mapping[Symbol.dispose]();
    let isStopped = false;
    const stopped = supervisor.stop().then(() => {
      isStopped = true;
    });
    for (let i = 0; i < 600 && !isStopped; i++)
      await this.#pass((this.#host.monotonic() + 10_000_000n) as Nanoseconds);
    if (!isStopped) this.#broken(new Violation("channel/stops", this.#head, "It did not stop within 6 s."));
    await Promise.race([stopped, this.#host.settle()]);
    await watched;
    await stagehand.leave();
    if (workers.last?.hasEnded === true && this.#violation === undefined) {
      const worker = workers.last;
      this.#guarded(() => holdings.ended(worker, this.#head));
    }
    this.#clockwork[Symbol.dispose]();
    const { ticks, seams, standIns, reasons } = checker.sight;
    return {
      seed: this.#options.seed,
      rate: this.#format.frameRate,
      clock: clockSource,
      firstTick: first,
      ticks,
      seams,
      standIns,
      repeats: checker.repeats,
      samples: checker.samplesChecked,
      faults: this.#faults,
      reasons,
      violation: this.#violation,
      fingerprint: watcher.fingerprint,
    };
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
  async #pass(until: Nanoseconds, look?: () => void): Promise<void> {
    while (this.#violation === undefined || until - this.#host.monotonic() < 20_000_000n) {
      if (!this.#host.step(until)) return;
      await this.#host.settle();
      look?.();
    }
  }

  #spec(): BusSpec {
    return {
      engineId: "sim",
      channelId: 1,
      format: this.#format,
      leadTicks: this.#grid.ticksIn(this.#settings.leadNsTarget) + 2,
      // Enough for the checker to see every tick after the longest leap of time: 8 s at 60 fps.
      historyTicks: 500,
      guardNs: this.#settings.guardNs,
      mapping: this.#clockwork.clock.mapping(),
    };
  }

  #guarded(check: () => void): void {
    try {
      check();
    } catch (thrown) {
      this.#caught(thrown);
    }
  }

  #caught(thrown: unknown): void {
    if (thrown instanceof Violation) this.#broken(thrown);
    else this.#broken(new Violation("channel/does-not-throw", this.#head, stackOf(thrown)));
  }

  /** Only the first counts: what follows may follow from it. */
  #broken(violation: Violation): void {
    if (this.#violation !== undefined) return;
    this.#violation = violation;
    this.#trace(`VIOLATION ${violation.rule}: ${violation.what}`);
  }

  #hear(event: SupervisorEvent, facts: Facts): void {
    if (event.type === "worker-replaced") {
      this.#count("worker-replaced");
      facts.lostWorker();
      facts.unsettle((this.#clockwork.clock.now() + nanosecondsFromMs(600)) as Nanoseconds);
    }
    if (event.type === "decoder-stuck") {
      this.#count("decoder-stuck");
      facts.killers.add(event.uri);
    }
    if (this.#options.trace !== undefined)
      this.#trace(describeEvent(event, (tick) => `#${tick - facts.firstTick}`));
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

const stackOf = (thrown: unknown): string =>
  thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
