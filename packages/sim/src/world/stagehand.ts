import {
  appendSegments,
  type BusAddress,
  type ChannelSupervisor,
  type Clock,
  type Committer,
  createPlan,
  type FrameBus,
  type HouseGrid,
  type Nanoseconds,
  nanosecondsFromMs,
  type Plan,
  type Segment,
  splicePlan,
  type Tick,
  Timeline,
  tickAfter,
} from "@retrovue/core";
import type { ClockChecker } from "../check/clock-checker.js";
import type { LifeChecker } from "../check/life-checker.js";
import type { VirtualHost } from "../host/virtual-host.js";
import type { Random } from "../random.js";
import type { Clockwork } from "./clockwork.js";
import type { Facts } from "./facts.js";
import { ReaderCrowd } from "./reader-crowd.js";
import type { PlanWriter } from "./script.js";
import type { SimWorkers } from "./sim-workers.js";

/** What a stagehand has its hands on. */
export interface StagehandOptions {
  readonly random: Random;
  readonly host: VirtualHost;
  readonly clockwork: Clockwork;
  readonly clocks: ClockChecker;
  readonly life: LifeChecker;
  readonly clock: Clock;
  readonly grid: HouseGrid;
  readonly facts: Facts;
  readonly writer: PlanWriter;
  readonly supervisor: ChannelSupervisor;
  readonly committer: Committer;
  readonly workers: SimWorkers;
  readonly bus: FrameBus;
  readonly address: BusAddress;
  readonly count: (what: string) => void;
  readonly trace: (line: string) => void;
}

/** Disturbs the channel from outside of its assets: edits plans, kills and freezes workers, stalls the host, steps its clock. */
export class Stagehand {
  readonly #o: StagehandOptions;
  readonly #readers: ReaderCrowd;

  constructor(options: StagehandOptions) {
    this.#o = options;
    const { bus, address, facts, random, committer } = options;
    this.#readers = new ReaderCrowd({ bus, address, firstTick: facts.firstTick, random, committer });
  }

  /** How long until the next act. */
  pauseNs(): bigint {
    return BigInt(this.#o.random.int(300, 9_000)) * 1_000_000n;
  }

  /** Does one thing, chosen by chance. */
  async act(): Promise<void> {
    const act = this.#o.random.weighted([
      [5, "edit-ahead"],
      [3, "splice"],
      [2, "append"],
      [2, "same-plan-again"],
      [3, "kill"],
      [2, "freeze"],
      [1, "stall"],
      [2, "clock"],
      [3, "slow-reader"],
    ] as const);
    if (act !== "clock") this.#o.count(act);
    switch (act) {
      case "edit-ahead":
        this.#editAhead();
        break;
      case "splice":
        this.#splice();
        break;
      case "append":
        this.#append();
        break;
      case "same-plan-again":
        this.#o.supervisor.applyPlan(this.#o.facts.plan);
        break;
      case "kill":
        this.#kill();
        break;
      case "freeze":
        this.#freeze();
        break;
      case "stall":
        this.#stall();
        break;
      case "clock":
        this.#clock();
        break;
      case "slow-reader":
        await this.#readers.visit();
        break;
    }
    await this.#o.host.settle();
  }

  /** Closes what is left open. */
  async leave(): Promise<void> {
    await this.#readers[Symbol.asyncDispose]();
  }

  /** The first tick that an edit can still change. */
  #open(): Tick {
    return tickAfter(this.#o.committer.head(), 1);
  }

  #apply(plan: Plan): void {
    const { facts, grid, supervisor, clock } = this.#o;
    if (plan.revision === facts.plan.revision) return;
    // Assets that come into reach by the edit had no time to be prepared.
    facts.disturb({
      what: "edit",
      from: clock.now(),
      until: (clock.now() + nanosecondsFromMs(400)) as Nanoseconds,
    });
    facts.edit(new Timeline(plan, grid), this.#open());
    supervisor.applyPlan(plan);
  }

  /** Other segments take the place of some that have not begun; boundaries behind them move. */
  #editAhead(): void {
    const { facts, random, writer } = this.#o;
    const { plan } = facts;
    const place = facts.timeline.at(this.#open());
    const onAir = place.in === "segment" ? place.index : -1;
    const from = onAir + 1 + random.int(0, 3);
    if (plan.end === "loop" || onAir < 0 || from >= plan.segments.length) return;
    const removed = random.int(0, 2);
    const added = random.chance(80) ? writer.segments(BigInt(random.int(1, 4_000)) * 1_000_000n) : [];
    // What comes behind follows on, wherever an earlier splice had put it.
    const behind = plan.segments.slice(from + removed).map((segment) => ({ ...segment, start: undefined }));
    const segments = [...plan.segments.slice(0, from), ...added, ...behind];
    this.#apply(createPlan({ ...plan, revision: plan.revision + 1, segments }));
  }

  /** What is on air ends at a chosen tick, in the lead, past it, or at once, and other segments follow. */
  #splice(): void {
    const { facts, grid, random, writer } = this.#o;
    const at = tickAfter(
      this.#open(),
      random.weighted([
        [3, 0],
        [3, random.int(1, 20)],
        [3, random.int(20, 200)],
      ]),
    );
    // Now and then what must be on air at once is slow to open: a late take.
    const slow = [...facts.actors.values()].filter(({ fault }) => fault === "slow-open");
    const first = slow.length > 0 && random.chance(40) ? random.pick(slow) : undefined;
    const segments = writer.segments(BigInt(random.int(60_000, 400_000)) * 1_000_000n, first);
    const taken = segments[0];
    if (at === this.#open() && taken !== undefined && !this.#isPreparedAt(at, taken))
      facts.tookLate(taken.id);
    this.#apply(splicePlan(facts.plan, at, segments, this.#open(), grid));
  }

  /** True where the plan has the very same media there already: its decoder is on its way. */
  #isPreparedAt(at: Tick, taken: Segment): boolean {
    const place = this.#o.facts.timeline.at(at);
    return (
      place.in === "segment" &&
      place.segment.asset?.uri === taken.asset?.uri &&
      place.anchor.first === at &&
      place.anchor.inPoint === taken.inPoint
    );
  }

  #append(): void {
    const { facts, grid, random, writer } = this.#o;
    if (facts.plan.end === "loop") return;
    this.#apply(
      appendSegments(
        facts.plan,
        writer.segments(BigInt(random.int(500, 9_000)) * 1_000_000n),
        this.#open(),
        grid,
      ),
    );
  }

  /** Nanoseconds between now and the guard time of the first tick that is not on the bus. */
  #reserveNs(): bigint {
    const { grid, clock } = this.#o;
    return grid.tickTime(this.#open()) - clock.now();
  }

  #kill(): void {
    const { workers, facts, clock } = this.#o;
    const worker = workers.newest;
    if (worker === undefined) return;
    facts.unsettle((clock.now() + nanosecondsFromMs(600)) as Nanoseconds);
    this.#o.trace("the worker is killed");
    // With a full lead nobody must notice; what is left of it may be too little when something else went wrong before.
    if (this.#reserveNs() < 350_000_000n) {
      facts.disturb({
        what: "kill",
        from: clock.now(),
        until: (clock.now() + nanosecondsFromMs(600)) as Nanoseconds,
      });
    }
    worker.die({ cause: "SIGKILL", suspects: [] });
  }

  /** SIGSTOP, for a time. */
  #freeze(): void {
    const { workers, facts, clock, host, random, count, life, trace } = this.#o;
    const worker = workers.newest;
    if (worker === undefined || worker.gate.isShut) return;
    const ms = random.weighted([
      [3, random.int(10, 250)],
      [2, random.int(300, 5_000)],
      // Never woken: only being replaced helps.
      [1, 3_600_000],
    ]);
    worker.gate.shut();
    let isAwake = false;
    host.timer.after(nanosecondsFromMs(ms), () => {
      isAwake = true;
      if (!worker.isGone) worker.gate.open();
    });
    life.froze(() => isAwake || worker.isGone);
    facts.unsettle((clock.now() + nanosecondsFromMs(Math.min(ms, 3_200) + 600)) as Nanoseconds);
    facts.slowedDown((clock.now() + nanosecondsFromMs(Math.min(ms, 3_200))) as Nanoseconds);
    trace(`the worker is frozen for ${ms} ms`);
    if (ms * 1_000_000 + 200_000_000 < this.#reserveNs()) return;
    count("freeze-noticed");
    // Found after the stall timeout, replaced, and back with whatever lead is left.
    facts.disturb({
      what: "freeze",
      from: clock.now(),
      until: (clock.now() + nanosecondsFromMs(Math.min(ms, 3_200) + 900)) as Nanoseconds,
    });
  }

  /** The whole machine stands still. */
  #stall(): void {
    const { facts, clock, host, random, trace } = this.#o;
    const ms = random.int(20, 1_500);
    facts.disturb({
      what: "stall",
      from: clock.now(),
      until: (clock.now() + nanosecondsFromMs(ms + 700)) as Nanoseconds,
    });
    trace(`the whole host stands still for ${ms} ms`);
    host.stall(BigInt(ms) * 1_000_000n);
  }

  /** The clock's source is set, falls silent, or is followed by order. */
  #clock(): void {
    const { clockwork, clocks, facts, clock, count, trace } = this.#o;
    const { act, what, jumpedNs } = clockwork.act();
    count(act);
    trace(what);
    clocks.jumped();
    if (jumpedNs < 1_000_000n) return;
    // Ticks were skipped by everyone alike; what was in the lead is gone.
    facts.disturb({
      what: "resync",
      from: clock.now(),
      until: (clock.now() + nanosecondsFromMs(900)) as Nanoseconds,
    });
  }
}
