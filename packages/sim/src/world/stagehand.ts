import {
  appendSegments,
  type BusAddress,
  type ChannelSupervisor,
  type Clock,
  type Committer,
  createPlan,
  type FrameBus,
  type FrameReader,
  type HouseGrid,
  type Nanoseconds,
  nanosecondsFromMs,
  type Plan,
  splicePlan,
  type Tick,
  Timeline,
  tickAfter,
} from "@retrovue/core";
import { settle } from "../host/settle.js";
import type { VirtualHost } from "../host/virtual-host.js";
import type { Random } from "../random.js";
import type { Facts } from "./facts.js";
import type { PlanWriter } from "./script.js";
import type { SimWorkers } from "./sim-workers.js";

/** What a stagehand has its hands on. */
export interface StagehandOptions {
  readonly random: Random;
  readonly host: VirtualHost;
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

/** Slow readers at one time. */
const slowReadersMax = 3;

/** Disturbs the channel from outside of its assets: edits plans, kills and freezes workers, stalls the host, steps its clock. */
export class Stagehand {
  readonly #o: StagehandOptions;
  readonly #readers: FrameReader[] = [];

  constructor(options: StagehandOptions) {
    this.#o = options;
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
      [2, "step-utc"],
      [3, "slow-reader"],
    ] as const);
    this.#o.count(act);
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
      case "step-utc":
        this.#o.host.stepUtc(BigInt(this.#o.random.int(-5_000, 5_000)) * 1_000_000n);
        this.#o.trace("the host's UTC clock was stepped");
        break;
      case "slow-reader":
        await this.#slowReader();
        break;
    }
    await settle();
  }

  /** Closes what is left open. */
  async leave(): Promise<void> {
    for (const reader of this.#readers.splice(0)) await reader[Symbol.asyncDispose]();
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
    const segments = [...plan.segments.slice(0, from), ...added, ...plan.segments.slice(from + removed)];
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
    const segments = writer.segments(BigInt(random.int(60_000, 400_000)) * 1_000_000n);
    this.#apply(splicePlan(facts.plan, at, segments, this.#open(), grid));
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
    const { workers, facts, clock, host, random, count } = this.#o;
    const worker = workers.newest;
    if (worker === undefined || worker.gate.isShut) return;
    const ms = random.weighted([
      [3, random.int(10, 250)],
      [2, random.int(300, 5_000)],
    ]);
    worker.gate.shut();
    host.timer.after(nanosecondsFromMs(ms), () => {
      if (!worker.isGone) worker.gate.open();
    });
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
    const { facts, clock, host, random } = this.#o;
    const ms = random.int(20, 1_500);
    facts.disturb({
      what: "stall",
      from: clock.now(),
      until: (clock.now() + nanosecondsFromMs(ms + 700)) as Nanoseconds,
    });
    host.stall(BigInt(ms) * 1_000_000n);
  }

  /** A reader that opens, holds a lease for long, or never reads at all. */
  async #slowReader(): Promise<void> {
    const { bus, address, facts, random } = this.#o;
    const signal = AbortSignal.any([]);
    const reader = await bus.openReader(address, { name: "slow" }, signal);
    this.#readers.push(reader);
    if (this.#readers.length > slowReadersMax) await this.#readers.shift()?.[Symbol.asyncDispose]();
    const old = (reader.oldest() - random.int(0, 100)) as Tick;
    if (old < facts.firstTick || reader.head() < facts.firstTick) return;
    const lease = await reader.at(old, signal);
    // Not released: a reader's negligence is its own affair.
    if (lease.overrun && lease.oldest < reader.oldest())
      throw new Error("An overrun must name a tick that can be read.");
  }
}
