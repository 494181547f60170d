import {
  appendSegments,
  createPlan,
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
import type { VirtualHost } from "../host/virtual-host.js";
import type { Random } from "../random.js";
import type { Clockwork } from "./clockwork.js";
import type { Stage } from "./stage.js";

/** What is done, and how often in comparison. */
const acts = [
  [5, "edit-ahead"],
  [3, "splice"],
  [2, "append"],
  [2, "same-plan-again"],
  [3, "kill"],
  [2, "freeze"],
  [1, "stall"],
  [2, "clock"],
  [3, "slow-reader"],
] as const;

/** What leaves the segment on air and its worker alone. */
const gentleActs = [
  [2, "append"],
  [2, "same-plan-again"],
  [2, "clock"],
  [3, "slow-reader"],
] as const;

const isBesieged = ({ facts, writer, committer }: Stage): boolean => {
  const place = facts.timeline.at(tickAfter(committer.head(), 1));
  return place.in === "segment" && place.segment.id === writer.siegeId;
};

/** What a stagehand has its hands on. */
export interface StagehandOptions {
  readonly random: Random;
  readonly host: VirtualHost;
  readonly clockwork: Clockwork;
  readonly clocks: ClockChecker;
  readonly grid: HouseGrid;
  /** All channels of the world. */
  readonly stages: readonly Stage[];
  readonly count: (what: string) => void;
  readonly trace: (line: string) => void;
}

/** Disturbs channels from outside of their assets: edits plans, kills and freezes workers, stalls the host, steps its clock. */
export class Stagehand {
  readonly #o: StagehandOptions;

  constructor(options: StagehandOptions) {
    this.#o = options;
  }

  /** How long until the next act. */
  pauseNs(): bigint {
    return BigInt(this.#o.random.int(300, 9_000)) * 1_000_000n;
  }

  /** Does one thing, chosen by chance, to one channel or to all. */
  async act(): Promise<void> {
    const { random, stages } = this.#o;
    const stage = stages.length > 1 ? random.pick(stages) : stages[0];
    if (stage === undefined) return;
    await this.#actOn(stage).catch((thrown: unknown) => stage.caught(thrown));
    await this.#o.host.settle();
  }

  async #actOn(stage: Stage): Promise<void> {
    const act = this.#o.random.weighted(isBesieged(stage) ? gentleActs : acts);
    if (act !== "clock") this.#o.count(act);
    switch (act) {
      case "edit-ahead":
        this.#editAhead(stage);
        break;
      case "splice":
        this.#splice(stage);
        break;
      case "append":
        this.#append(stage);
        break;
      case "same-plan-again":
        stage.supervisor.applyPlan(stage.facts.plan);
        break;
      case "kill":
        this.#kill(stage);
        break;
      case "freeze":
        this.#freeze(stage);
        break;
      case "stall":
        this.#stall();
        break;
      case "clock":
        this.#clock();
        break;
      case "slow-reader":
        await stage.readers.visit();
        break;
    }
  }

  /** The first tick that an edit can still change. */
  #open(stage: Stage): Tick {
    return tickAfter(stage.committer.head(), 1);
  }

  #apply(stage: Stage, plan: Plan): void {
    const { grid } = this.#o;
    const { facts, supervisor } = stage;
    const now = this.#now();
    if (plan.revision === facts.plan.revision) return;
    // Assets that come into reach by the edit had no time to be prepared.
    facts.disturb({
      what: "edit",
      from: now,
      until: (now + nanosecondsFromMs(400)) as Nanoseconds,
    });
    facts.edit(new Timeline(plan, grid), this.#open(stage), now);
    supervisor.applyPlan(plan);
  }

  /** Other segments take the place of some that have not begun; boundaries behind them move. */
  #editAhead(stage: Stage): void {
    const { random } = this.#o;
    const { facts, writer } = stage;
    const { plan } = facts;
    const place = facts.timeline.at(this.#open(stage));
    const onAir = place.in === "segment" ? place.index : -1;
    const from = onAir + 1 + random.int(0, 3);
    if (plan.end === "loop" || onAir < 0 || from >= plan.segments.length) return;
    const removed = random.int(0, 2);
    const added = random.chance(80) ? writer.segments(BigInt(random.int(1, 4_000)) * 1_000_000n) : [];
    // What comes behind follows on, wherever an earlier splice had put it.
    const behind = plan.segments.slice(from + removed).map((segment) => ({ ...segment, start: undefined }));
    const segments = [...plan.segments.slice(0, from), ...added, ...behind];
    this.#apply(stage, createPlan({ ...plan, revision: plan.revision + 1, segments }));
  }

  /** What is on air ends at a chosen tick, in the lead, past it, or at once, and other segments follow. */
  #splice(stage: Stage): void {
    const { grid, random } = this.#o;
    const { facts, writer } = stage;
    const at = tickAfter(
      this.#open(stage),
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
    if (at === this.#open(stage) && taken !== undefined && !this.#isPreparedAt(stage, at, taken))
      facts.tookLate(taken.id);
    this.#apply(stage, splicePlan(facts.plan, at, segments, this.#open(stage), grid));
  }

  /** True where the plan has the very same media there already: its decoder is on its way. */
  #isPreparedAt(stage: Stage, at: Tick, taken: Segment): boolean {
    const place = stage.facts.timeline.at(at);
    return (
      place.in === "segment" &&
      place.segment.asset?.uri === taken.asset?.uri &&
      place.anchor.first === at &&
      place.anchor.inPoint === taken.inPoint
    );
  }

  #append(stage: Stage): void {
    const { grid, random } = this.#o;
    const { facts, writer } = stage;
    if (facts.plan.end === "loop") return;
    this.#apply(
      stage,
      appendSegments(
        facts.plan,
        writer.segments(BigInt(random.int(500, 9_000)) * 1_000_000n),
        this.#open(stage),
        grid,
      ),
    );
  }

  /** Nanoseconds between now and the guard time of the first tick that is not on the bus. */
  #reserveNs(stage: Stage): bigint {
    return this.#o.grid.tickTime(this.#open(stage)) - this.#now();
  }

  #kill(stage: Stage): void {
    const { workers, facts } = stage;
    const now = this.#now();
    const worker = workers.newest;
    if (worker === undefined) return;
    facts.unsettle((now + nanosecondsFromMs(600)) as Nanoseconds);
    this.#o.trace("the worker is killed");
    // With a full lead nobody must notice; what is left of it may be too little when something else went wrong before.
    if (this.#reserveNs(stage) < 350_000_000n) {
      facts.disturb({
        what: "kill",
        from: now,
        until: (now + nanosecondsFromMs(600)) as Nanoseconds,
      });
    }
    worker.killFromOutside();
  }

  /** SIGSTOP, for a time. */
  #freeze(stage: Stage): void {
    const { host, random, count, trace } = this.#o;
    const { workers, facts, life } = stage;
    const now = this.#now();
    const worker = workers.newest;
    if (worker === undefined || worker.gate.isShut) return;
    // Before its first tick it is given a second more.
    const foundMs = life.hasWorkerBegun ? 2_200 : 3_200;
    if (!life.hasWorkerBegun) count("freeze-before-first-tick");
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
    facts.unsettle((now + nanosecondsFromMs(Math.min(ms, foundMs) + 600)) as Nanoseconds);
    facts.slowedDown((now + nanosecondsFromMs(Math.min(ms, foundMs))) as Nanoseconds);
    trace(`the worker is frozen for ${ms} ms`);
    if (ms * 1_000_000 + 200_000_000 < this.#reserveNs(stage)) return;
    count("freeze-noticed");
    // Found after one second, or two (and that in which the host stood still), replaced, and back with whatever lead is left.
    facts.disturb({
      what: "freeze",
      from: now,
      until: (now + nanosecondsFromMs(Math.min(ms, foundMs) + 900)) as Nanoseconds,
    });
  }

  /** The whole machine stands still. */
  #stall(): void {
    const { host, random, trace } = this.#o;
    const ms = random.int(20, 1_500);
    this.#disturbAll("stall", ms + 700);
    trace(`the whole host stands still for ${ms} ms`);
    host.stall(BigInt(ms) * 1_000_000n);
  }

  /** The clock's source is set, falls silent, or is followed by order. */
  #clock(): void {
    const { clockwork, clocks, count, trace } = this.#o;
    const { act, what, jumpedNs } = clockwork.act();
    count(act);
    trace(what);
    clocks.jumped();
    if (jumpedNs < 1_000_000n) return;
    // Ticks were skipped by everyone alike; what was in the lead is gone.
    for (const { facts } of this.#o.stages) facts.leapt(jumpedNs);
    this.#disturbAll("resync", 900);
  }

  /** What happens to the host happens to all of its channels. */
  #disturbAll(what: string, forMs: number): void {
    const from = this.#now();
    const until = (from + nanosecondsFromMs(forMs)) as Nanoseconds;
    for (const { facts } of this.#o.stages) facts.disturb({ what, from, until });
  }

  #now(): Nanoseconds {
    return this.#o.clockwork.clock.now();
  }
}
