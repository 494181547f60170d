import {
  type BusSpec,
  type ChannelSettings,
  ChannelSupervisor,
  type Clock,
  createPlan,
  defaultChannelSettings,
  defaultProgramFormat,
  HouseGrid,
  MemoryFrameBus,
  type Nanoseconds,
  nanosecondsFromMs,
  type ProgramFormat,
  Quarantine,
  type Rational,
  type SupervisorEvent,
  type Suspect,
  SystemClock,
  standardRates,
  type Tick,
  Timeline,
} from "@retrovue/core";
import { FaultyDecoderFactory, PatternDecoderFactory } from "@retrovue/core/testing";
import { Checker } from "../check/checker.js";
import { Violation } from "../check/violation.js";
import { settle } from "../host/settle.js";
import { VirtualHost } from "../host/virtual-host.js";
import type { Mutation } from "../mutants/mutation.js";
import { untouched } from "../mutants/mutation.js";
import { Random } from "../random.js";
import { type Actor, castActors } from "./cast.js";
import { Facts } from "./facts.js";
import { PlanWriter } from "./script.js";
import { SimWorkers } from "./sim-workers.js";
import { Stagehand } from "./stagehand.js";

/** What makes a world; the same values make the same world, to the bit. */
export interface WorldOptions {
  readonly seed: number;
  /** Minutes of channel time. Default 6. */
  readonly minutes?: number;
  readonly mutation?: Mutation;
  /** Hears a line for everything that happens. */
  readonly trace?: (line: string) => void;
}

/** What was seen in a world. */
export interface WorldReport {
  readonly seed: number;
  readonly rate: Rational;
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

/** One simulated channel: the real supervisor, channel, clocks and memory bus, on a virtual host, with a cast of assets. */
export class World {
  readonly #options: WorldOptions;
  readonly #random: Random;
  readonly #host: VirtualHost;
  readonly #clock: SystemClock;
  readonly #grid: HouseGrid;
  readonly #format: ProgramFormat;
  readonly #settings: ChannelSettings;
  readonly #actors: readonly Actor[];
  readonly #faults: Record<string, number> = {};
  readonly #opens = new Map<string, number>();
  #violation: Violation | undefined;
  #fingerprint = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    const rate = this.#random.pick(standardRates);
    this.#host = new VirtualHost(
      (epochNs + BigInt(this.#random.int(0, 2 ** 31)) * 1_000_003n) as Nanoseconds,
    );
    this.#clock = new SystemClock(this.#host);
    this.#format = { ...defaultProgramFormat, width: 8, height: 2, frameRate: rate };
    this.#grid = new HouseGrid(rate, this.#format.sampleRate);
    const twoTicks = this.#grid.length(2) + 1n;
    const guardNs = (twoTicks > 50_000_000n ? twoTicks : 50_000_000n) as Nanoseconds;
    this.#settings = { ...defaultChannelSettings, guardNs };
    this.#actors = castActors(this.#random);
  }

  /** Runs the world to its end, or to the first broken promise. */
  async run(): Promise<WorldReport> {
    const length = BigInt(Math.round((this.#options.minutes ?? 6) * 60_000)) * 1_000_000n;
    const writer = new PlanWriter(this.#random, this.#actors);
    const first = this.#grid.tickAtOrAfter((this.#clock.now() + nanosecondsFromMs(300)) as Nanoseconds);
    // Now and then the plan began before the channel did, so that it is joined in its middle.
    const early = this.#random.chance(50) ? BigInt(this.#random.int(0, 20_000)) * 1_000_000n : 0n;
    const plan = createPlan(
      writer.plan((this.#grid.tickTime(first) - early) as Nanoseconds, length + early + 30_000_000_000n),
    );
    const facts = new Facts(this.#grid, this.#actors, new Timeline(plan, this.#grid));
    facts.firstTick = first;

    const bus = new MemoryFrameBus({ clock: this.#clock });
    const spec = this.#spec();
    const committer = await bus.create(spec, new AbortController().signal);
    committer.setPolicy({ holdTicksMax: this.#grid.ticksIn(this.#settings.holdNsMax), after: "slate" });
    const mutation = this.#options.mutation ?? untouched;
    const quarantine = mutation.quarantine(new Quarantine());
    const workers = new SimWorkers({
      clock: this.#clock,
      bus,
      grid: this.#grid,
      format: this.#format,
      settings: this.#settings,
      mutation,
      decoders: (crash, clock) => this.#decoders(crash, clock, facts),
      isBarred: (uri, decoderIndex) => quarantine.isBarred(uri, decoderIndex, this.#clock.now()),
    });
    const supervisor = new ChannelSupervisor(
      {
        grid: this.#grid,
        settings: this.#settings,
        clock: this.#clock,
        committer,
        workers,
        quarantine,
        onEvent: (event) => this.#hear(event, facts),
      },
      plan,
    );
    const checker = new Checker({
      facts,
      clock: this.#clock,
      channels: this.#format.channels,
      guardNs: this.#settings.guardNs,
      bounds: {
        holdTicksMax: this.#grid.ticksIn(this.#settings.holdNsMax),
        shortHoldTicksMax: this.#grid.ticksIn(this.#settings.shortHoldNs),
      },
    });
    const watching = new AbortController();
    const watched = this.#watch(bus, spec, checker, watching.signal);
    const stagehand = new Stagehand({
      random: this.#random,
      host: this.#host,
      clock: this.#clock,
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

    supervisor.start(first);
    this.#clock.markAired();
    const end = this.#host.monotonic() + length;
    while (this.#host.monotonic() < end && this.#violation === undefined) {
      const actAt = this.#host.monotonic() + stagehand.pauseNs();
      await this.#pass((actAt < end ? actAt : end) as Nanoseconds);
      if (this.#violation === undefined && this.#host.monotonic() < end) await stagehand.act();
    }
    const failure = workers.failures[0];
    if (failure !== undefined && this.#violation === undefined) throw failure;

    watching.abort();
    let isStopped = false;
    const stopped = supervisor.stop().then(() => {
      isStopped = true;
    });
    for (let i = 0; i < 600 && !isStopped; i++)
      await this.#pass((this.#host.monotonic() + 10_000_000n) as Nanoseconds);
    if (!isStopped)
      this.#violation ??= new Violation("channel/stops", 0 as Tick, "It did not stop within 6 s.");
    await Promise.race([stopped, settle()]);
    await watched;
    await stagehand.leave();
    this.#clock[Symbol.dispose]();
    const { ticks, seams, standIns, repeats, reasons } = checker.sight;
    return {
      seed: this.#options.seed,
      rate: this.#format.frameRate,
      ticks,
      seams,
      standIns,
      repeats,
      samples: checker.samplesChecked,
      faults: this.#faults,
      reasons,
      violation: this.#violation,
      fingerprint: this.#fingerprint,
    };
  }

  /** Lets time pass, timer by timer, everything settling in between. */
  async #pass(until: Nanoseconds): Promise<void> {
    while (this.#violation === undefined || until - this.#host.monotonic() < 20_000_000n) {
      if (!this.#host.step(until)) return;
      await settle();
    }
  }

  #spec(): BusSpec {
    return {
      engineId: "sim",
      channelId: 1,
      format: this.#format,
      leadTicks: this.#grid.ticksIn(this.#settings.leadNsTarget) + 2,
      // Enough for the checker to see every tick after the whole host stood still.
      historyTicks: 300,
      guardNs: this.#settings.guardNs,
      mapping: this.#clock.mapping(),
    };
  }

  /** The decoders as configured: the first plays everything, well or badly; the second some, and well. */
  #decoders(crash: (suspect: Suspect) => void, clock: Clock, facts: Facts) {
    const patterns = () => new PatternDecoderFactory(this.#actors.map((actor) => actor.pattern));
    const main = new FaultyDecoderFactory({
      inner: patterns(),
      clock,
      script: (uri) => this.#scriptOf(uri, facts),
      onCrash: (uri) => {
        this.#count("crash");
        facts.killers.add(uri);
        crash({ uri, decoderIndex: 0, guilty: true });
      },
    });
    const fallback = new PatternDecoderFactory(
      this.#actors.filter((actor) => actor.hasFallback).map((actor) => actor.pattern),
    );
    return [
      { name: "main", factory: main },
      {
        name: "fallback",
        factory: declining(fallback, new Set(this.#actors.filter((a) => a.hasFallback).map((a) => a.uri))),
      },
    ];
  }

  /** What is wrong with an asset this time: a passing fault hits only the first decoder that is opened on it. */
  #scriptOf(uri: string, facts: Facts) {
    const actor = facts.actors.get(uri);
    if (actor?.script === undefined) return undefined;
    const opens = (this.#opens.get(uri) ?? 0) + 1;
    this.#opens.set(uri, opens);
    // The factory asks twice for each decoder: before it opens and after.
    if (actor.isTransient && opens > 2) return undefined;
    if (opens % 2 === 1) this.#count(actor.fault);
    return actor.script;
  }

  async #watch(bus: MemoryFrameBus, spec: BusSpec, checker: Checker, signal: AbortSignal): Promise<void> {
    await using reader = await bus.openReader(spec, { name: "checker" }, signal);
    try {
      for (;;) {
        const lease = await reader.next(signal);
        if (lease.overrun)
          throw new Violation("tick/none-missing", lease.tick, "The checker itself was overrun.");
        this.#fingerprint = mix(
          this.#fingerprint,
          lease.tick,
          Number(lease.meta.mediaTime ?? -1n),
          lease.meta.silentSamples,
        );
        checker.see(lease);
        lease.release();
      }
    } catch (thrown) {
      if (thrown instanceof Violation) {
        this.#violation ??= thrown;
        this.#trace(`VIOLATION ${thrown.message}`);
      } else if (!signal.aborted) throw thrown;
    }
  }

  #hear(event: SupervisorEvent, facts: Facts): void {
    if (event.type === "worker-replaced") this.#count("worker-replaced");
    if (event.type === "decoder-stuck") facts.killers.add(event.uri);
    this.#trace(describe(event));
  }

  #count(what: string): void {
    this.#faults[what] = (this.#faults[what] ?? 0) + 1;
  }

  #trace(line: string): void {
    if (this.#options.trace === undefined) return;
    const tick = this.#grid.tickAtOrBefore(this.#clock.now());
    this.#options.trace(`${String(tick)} ${line}`);
  }
}

/** A decoder that plays only what it is for, and says so when probed. */
function declining(inner: PatternDecoderFactory, uris: ReadonlySet<string>) {
  return {
    probe: async (asset: { readonly uri: string }) =>
      uris.has(asset.uri)
        ? { score: 40, reason: "It plays this, if need be." }
        : { score: 0, reason: "It does not play this." },
    open: inner.open.bind(inner),
  };
}

/** FNV-1a over numbers, 32 bits. */
function mix(hash: number, ...values: readonly number[]): number {
  let mixed = hash;
  for (const value of values) {
    mixed = Math.imul(mixed ^ (value % 0x1_0000_0000), 0x0100_0193);
    mixed = Math.imul(mixed ^ Math.floor(value / 0x1_0000_0000), 0x0100_0193);
  }
  return mixed >>> 0;
}

function describe(event: SupervisorEvent): string {
  switch (event.type) {
    case "segment-began":
      return `segment ${event.place.segment.id.slice(-6)} began: ${event.place.segment.asset?.uri ?? "pad"}${event.ready ? "" : " (not ready)"}`;
    case "source-failed": {
      const { failure } = event;
      const next =
        failure.retry === undefined
          ? "the next decoder is tried"
          : `again in ${failure.retry.afterNs / 1_000_000n} ms`;
      return `${failure.asset.uri} failed (${failure.reason}): ${failure.error.message} ${next}`;
    }
    case "stand-in-began":
      return `stand-in began at tick ${event.tick}: ${event.kind} because ${event.reason}`;
    case "stand-in-ended":
      return `stand-in ended at tick ${event.tick} after ${event.ticks} ticks`;
    case "state":
      return `channel ${event.from} -> ${event.to}`;
    case "worker-replaced":
      return `worker replaced (${event.cause}) from tick ${event.from}${event.barred.length > 0 ? `, barred ${event.barred.join(", ")}` : ""}`;
    case "plan-applied":
      return `plan revision ${event.revision} applied`;
    case "worker-began":
      return `worker began at tick ${event.tick}`;
    case "worker-delayed":
      return `next worker in ${event.afterNs / 1_000_000n} ms`;
    case "ticks-skipped":
      return `${event.ticks} ticks from ${event.from} were too late`;
    case "corrected":
      return `${event.uri} was late and sought ahead`;
    case "decoder-stuck":
      return `decoder ${event.decoderIndex} does not let go of ${event.uri}`;
    case "refused":
      return `tick ${event.tick} was refused: ${event.why}`;
  }
}
