import {
  type BusSpec,
  type ChannelSettings,
  ChannelSupervisor,
  type Committer,
  type FrameBus,
  type FrameLease,
  type HouseGrid,
  type Nanoseconds,
  nanosecondsFromMs,
  type Place,
  type Plan,
  type ProgramFormat,
  type Quarantine,
  type SupervisorEvent,
  type Tick,
  Timeline,
} from "@retrovue/core";
import { Checker, type Sight } from "../check/checker.js";
import { HoldingsChecker } from "../check/holdings-checker.js";
import { LifeChecker } from "../check/life-checker.js";
import { RetryChecker } from "../check/retry-checker.js";
import { Violation } from "../check/violation.js";
import type { Mutation } from "../mutants/mutation.js";
import type { Random } from "../random.js";
import { describeEvent } from "../story/describe-event.js";
import type { Actor } from "./cast.js";
import type { Clockwork } from "./clockwork.js";
import { Facts } from "./facts.js";
import { ReaderCrowd } from "./reader-crowd.js";
import type { PlanWriter } from "./script.js";
import { SimWorkers } from "./sim-workers.js";
import { Watcher } from "./watcher.js";
import { WorldDecoders } from "./world-decoders.js";

/** What one channel of a world is made of. */
export interface StageOptions {
  readonly channelId: number;
  readonly random: Random;
  readonly grid: HouseGrid;
  readonly format: ProgramFormat;
  readonly settings: ChannelSettings;
  readonly clockwork: Clockwork;
  readonly bus: FrameBus;
  readonly quarantine: Quarantine;
  /** Assets that killed or blocked a worker of any channel, and when. */
  readonly barredSince: Map<string, Nanoseconds>;
  readonly actors: readonly Actor[];
  readonly mutation: Mutation;
  readonly writer: PlanWriter;
  readonly plan: Plan;
  readonly first: Tick;
  readonly count: (what: string) => void;
  /** Undefined where nobody listens: telling takes time. */
  readonly trace: ((what: string) => void) | undefined;
  readonly onTick: ((lease: FrameLease, place: Place) => void) | undefined;
  readonly onBroken: (violation: Violation) => void;
}

/** What one channel came to. */
export interface StageReport extends Sight {
  readonly repeats: number;
  readonly samples: number;
  readonly fingerprint: number;
}

/** One simulated channel: the real supervisor, channel and committer, with all that checks them. */
export class Stage {
  readonly facts: Facts;
  readonly life: LifeChecker;
  readonly workers: SimWorkers;
  readonly supervisor: ChannelSupervisor;
  readonly committer: Committer;
  readonly writer: PlanWriter;
  readonly readers: ReaderCrowd;
  readonly #o: StageOptions;
  readonly #checker: Checker;
  readonly #holdings: HoldingsChecker;
  readonly #retries: RetryChecker;
  readonly #watcher: Watcher;
  readonly #watching = new AbortController();
  readonly #mapping: Disposable;
  #watched: Promise<void> = Promise.resolve();
  #head: Tick;

  private constructor(options: StageOptions, spec: BusSpec, committer: Committer) {
    this.#o = options;
    const { clockwork, grid, format, settings, mutation, quarantine, actors, plan, first, random } = options;
    const { bus, writer, onBroken } = options;
    const { clock } = clockwork;
    this.#head = first;
    this.writer = writer;
    this.committer = committer;
    this.#mapping = clock.onMapping((mapping) => committer.setMapping(mapping));
    committer.setPolicy({ holdTicksMax: grid.ticksIn(settings.holdNsMax), after: "slate" });
    const facts = new Facts(grid, actors, new Timeline(plan, grid), options.barredSince);
    facts.firstTick = first;
    this.facts = facts;
    const looking = { now: () => clock.now(), head: () => this.#head, onViolation: onBroken };
    const life = new LifeChecker({ ...looking, facts });
    this.life = life;
    const retries = new RetryChecker({ ...looking, facts, state: () => this.supervisor.state });
    this.#retries = retries;
    const decoders = new WorldDecoders({
      clock,
      actors,
      onFault: (actor) => {
        options.count(actor.fault);
        options.trace?.(`${actor.uri}: ${actor.fault}${actor.isTransient ? ", this time" : ""}`);
      },
      onOpen: (uri) => retries.opened(uri),
      onCrash: (uri, openedAt) => {
        life.crashed(uri, openedAt);
        facts.unsettle((clock.now() + nanosecondsFromMs(600)) as Nanoseconds);
      },
    });
    this.workers = new SimWorkers({
      clock,
      bus,
      grid,
      format,
      settings,
      mutation,
      decoders,
      onStuckConform: (id) => {
        const actor = actors.find(({ pattern }) => pattern.id === id);
        if (actor?.fault !== "conform-stuck") return false;
        options.count(actor.fault);
        return true;
      },
      isBarred: (uri, decoderIndex) => quarantine.isBarred(uri, decoderIndex, clock.now()),
    });
    this.supervisor = new ChannelSupervisor(
      {
        grid,
        settings: mutation.supervised(settings),
        clock,
        committer,
        workers: mutation.workers(life.watch(this.workers)),
        quarantine,
        onEvent: mutation.events((event) => {
          life.hear(event);
          retries.hear(event);
          this.#hear(event);
        }),
      },
      plan,
    );
    this.#checker = new Checker({
      facts,
      clock,
      channels: format.channels,
      aspect: format.aspectPolicy,
      settings,
      state: () => this.supervisor.state,
    });
    this.#holdings = new HoldingsChecker(settings.sourcesMax);
    this.#watcher = new Watcher({
      bus,
      address: spec,
      checker: this.#checker,
      onTick: (lease) => {
        this.#head = lease.tick;
        options.onTick?.(lease, facts.timeline.at(lease.tick));
      },
      onThrown: (thrown) => this.caught(thrown),
    });
    this.readers = new ReaderCrowd({ bus, address: spec, firstTick: first, random, committer });
  }

  static async build(options: StageOptions): Promise<Stage> {
    const { grid, format, settings, clockwork, bus, channelId } = options;
    const spec: BusSpec = {
      engineId: "sim",
      channelId,
      format,
      leadTicks: grid.ticksIn(settings.leadNsTarget) + 2,
      // Enough for the checker to see every tick after the longest leap of time: 8 s at 60 fps.
      historyTicks: 500,
      guardNs: settings.guardNs,
      mapping: clockwork.clock.mapping(),
    };
    return new Stage(options, spec, await bus.create(spec, new AbortController().signal));
  }

  get head(): Tick {
    return this.#head;
  }

  start(): void {
    this.#watched = this.#watcher.run(this.#watching.signal);
    this.supervisor.start(this.facts.firstTick);
  }

  /** Looks whether what should have happened did. */
  look(): void {
    try {
      this.life.look();
      this.#retries.look();
      const worker = this.workers.newest;
      if (worker !== undefined) this.#holdings.running(worker, this.#head);
    } catch (thrown) {
      this.caught(thrown);
    }
  }

  /** Tells the channel to stop; resolves when it has. */
  stop(): Promise<void> {
    const failure = this.workers.failures[0];
    if (failure !== undefined) this.caught(failure);
    this.#watching.abort();
    this.#mapping[Symbol.dispose]();
    return this.supervisor.stop();
  }

  /** After the stop: everything must have come back. */
  async leave(isKept: boolean): Promise<StageReport> {
    await this.#watched;
    await this.readers[Symbol.asyncDispose]();
    const worker = this.workers.last;
    if (isKept && worker?.hasEnded === true) {
      try {
        this.#holdings.ended(worker, this.#head);
      } catch (thrown) {
        this.caught(thrown);
      }
    }
    const { samplesChecked, repeats, sight } = this.#checker;
    return { ...sight, repeats, samples: samplesChecked, fingerprint: this.#watcher.fingerprint };
  }

  caught(thrown: unknown): void {
    const { onBroken } = this.#o;
    if (thrown instanceof Violation) onBroken(thrown);
    else onBroken(new Violation("channel/does-not-throw", this.#head, stackOf(thrown)));
  }

  #hear(event: SupervisorEvent): void {
    const { count, clockwork, trace } = this.#o;
    const { facts } = this;
    if (event.type === "worker-replaced") {
      count("worker-replaced");
      facts.lostWorker(clockwork.clock.now());
      facts.unsettle((clockwork.clock.now() + nanosecondsFromMs(600)) as Nanoseconds);
    }
    // Its first tick is a join, whenever it comes: a worker leaves to the committer what that may hold.
    if (event.type === "worker-began")
      facts.unsettle((clockwork.clock.now() + nanosecondsFromMs(100)) as Nanoseconds);
    if (event.type === "decoder-stuck") {
      count("decoder-stuck");
      facts.bar(event.uri, clockwork.clock.now());
    }
    if (event.type === "state" && event.to === "error") count("error-state");
    trace?.(describeEvent(event, (tick) => `#${tick - facts.firstTick}`));
  }
}

const stackOf = (thrown: unknown): string =>
  thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
