import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StandInReason, Tick } from "@retrovue/core";
import { clipFolder } from "@retrovue/plugin-contract";
import { Random } from "../seams/random.ts";
import { CampaignEngine } from "./campaign-engine.ts";
import { compareWithRecord } from "./compare-with-record.ts";
import { EventWatch, episodeFaults, type ReplacedEvent } from "./event-watch.ts";
import { filmFormat, type MarkedFilm } from "./marked-film.ts";
import { campaignRate, numbers, numbersConfig } from "./pattern-numbers.ts";
import { reasonOf } from "./reason-of.ts";
import { countFaults, standInCounts } from "./stand-in-counts.ts";
import { TickWatch } from "./tick-watch.ts";

/** What is done to a worker. A signal from outside is what a fault of its own looks like to everyone else. */
export const strikes = ["SIGKILL", "SIGSEGV", "SIGSTOP"] as const;
type Strike = (typeof strikes)[number];

/** What became of the channel after one strike. */
export interface StrikeReport {
  readonly strike: Strike;
  readonly tick: Tick;
  /** Process id of the worker that was struck. */
  readonly pid: number;
  /** Ticks that stood in, by kind and reason, until what is planned was back for good. */
  readonly standIns: Readonly<Record<string, number>>;
  /** The cause that the engine gave. */
  readonly cause: string;
}

/** What a campaign found. */
export interface StrikesReport {
  readonly ticks: number;
  readonly strikes: readonly StrikeReport[];
  /** Everything that must not be: missing ticks, wrong frames, reasons that are not true, records that differ. */
  readonly faults: readonly string[];
}

/** What is struck, and how often. */
export interface StrikesOptions {
  readonly count: number;
  readonly seed: number;
  /** Undefined: numbers of the pattern decoder, ten minutes of them. */
  readonly film: MarkedFilm | undefined;
  /** Hears of each strike as it is over. */
  readonly saw?: (report: StrikeReport) => void;
}

/** Reasons that are true after a strike: the worker is gone, or lives and gives nothing, or its successor is on its way. */
const trueReasons: ReadonlySet<StandInReason> = new Set(["workerLost", "starved", "hung", "opening", "late"]);

/** With which the first tick that stands in is told: a worker that was killed is gone, one that was stopped lives and gives nothing. */
const firstReasons: Readonly<Record<Strike, readonly string[]>> = {
  SIGKILL: ["workerLost"],
  SIGSEGV: ["workerLost"],
  SIGSTOP: ["starved", "hung"],
};

/** Why the engine says that a worker was replaced. */
const causes: Readonly<Record<Strike, string>> = {
  SIGKILL: "SIGKILL",
  SIGSEGV: "SIGSEGV",
  SIGSTOP: "no progress",
};

/** Ticks of what is planned, one after another, after which a strike is over. */
const settledTicks = 15;

/**
 * Ticks between strikes, from and up to. Of the pattern decoder nobody can tell whether a fault was sent or its own: a worker that
 * was of use for less than 2 s counts as one of a row of deaths then, and from the fourth of those on the supervisor waits
 * longer each time, on purpose. Decoders that leave breadcrumbs are known innocent.
 */
const betweenTicks = { numbers: [55, 100], film: [25, 100] } as const;

/** A strike that is not over after so many ticks is a fault: hung workers are found after 2 s, and one more may be begun cold. */
const recoveryTicksMax = campaignRate * 15;

/** What is held cannot be held over the loop's boundary, so that nothing is struck so close before it. */
const boundaryTicks = campaignRate * 5;

let enginesMade = 0;

/**
 * Strikes the worker on air, again and again at random moments, on an engine as it is shipped, while a reader of another process
 * looks at every tick.
 */
export async function strikeWorkers(options: StrikesOptions): Promise<StrikesReport> {
  const { count, film } = options;
  using folder = mkdtempDisposableSync(join(tmpdir(), "playout-faults-"));
  const prefix = `faults${process.pid}-${++enginesMade}`;
  if (film) writeFileSync(join(folder.path, "plan.json"), JSON.stringify(filmPlan(film)));
  await using engine = new CampaignEngine({
    folder: folder.path,
    id: "faults",
    prefix,
    // Its events come with the control plane.
    config: {
      ...(film ? filmConfig(film) : numbersConfig),
      transports: [{ use: "@retrovue/transport-connect" }],
    },
  });
  await using reader = await engine.openBus(1);
  const watch = new TickWatch(reader, film ?? numbers, trueReasons);
  await engine.untilLogged("control plane listens");
  await using events = await EventWatch.open(await engine.address("control"));
  const campaign = new Campaign(engine, watch, options);
  await campaign.run();
  await engine.until(() => events.replaced.length >= count, `${count} events of replaced workers`);
  const restarts = await engine.metric("retrovue_playout_restart_total", 'what="worker"');
  if (restarts !== count) campaign.faults.push(`metrics count ${restarts} replaced workers of ${count}`);
  const late = await engine.metric("retrovue_playout_ticks_late_total");
  if (late > 0) campaign.faults.push(`${late} ticks came after their time`);
  // The engine's end would be told as one.
  await events[Symbol.asyncDispose]();
  campaign.faults.push(...events.faults, ...replacedFaults(campaign.reports, events.replaced));
  campaign.faults.push(...episodeFaults(watch, campaign.from, events.episodes));
  const code = await engine.stop();
  if (code !== 0) campaign.faults.push(`the engine ended with ${code}`);
  campaign.faults.push(
    ...(await compareWithRecord(
      folder.path,
      watch,
      campaign.reports.map(({ cause }) => cause),
    )),
  );
  return { ticks: watch.ticks, strikes: campaign.reports, faults: [...watch.faults, ...campaign.faults] };
}

/** Each strike gives one event, of its own worker, for what was done to it, and blames no asset. */
function replacedFaults(
  reports: readonly StrikeReport[],
  events: readonly ReplacedEvent[],
): readonly string[] {
  const told = events.map((event) => ({ ...event, cause: reasonOf(event.cause) }));
  const wanted = reports.map(({ strike, pid }) => ({
    channel: 1,
    cause: causes[strike],
    pidFrom: pid,
    barred: "",
  }));
  return Array.from({ length: Math.max(wanted.length, events.length) }, (_, index) => {
    const [one, other] = [wanted[index], told[index]].map((event) => JSON.stringify(event));
    return one === other ? [] : [`event ${index + 1} of a replaced worker is ${other}, not ${one}`];
  }).flat();
}

const filmConfig = ({ width, height }: MarkedFilm) => ({
  media: { roots: [clipFolder()] },
  decoders: [{ use: "@retrovue/decoder-libav" }],
  defaults: { format: { ...filmFormat, width, height }, historyMs: 4_000 },
  channels: [{ id: 1, name: "One", plan: "./plan.json", outputs: [] }],
});

/** A film in a loop, without end. */
export const filmPlan = ({ clip, frames }: MarkedFilm, start?: string) => ({
  end: "loop",
  ...(start !== undefined && { start }),
  segments: [{ id: "1".repeat(32), uri: clip.uri, duration: `${frames / campaignRate}s` }],
});

class Campaign {
  readonly faults: string[] = [];
  readonly reports: StrikeReport[] = [];
  /** The last tick before the first strike. */
  from = 0 as Tick;

  readonly #engine: CampaignEngine;
  readonly #watch: TickWatch;
  readonly #options: StrikesOptions;
  readonly #random: Random;

  constructor(engine: CampaignEngine, watch: TickWatch, options: StrikesOptions) {
    this.#engine = engine;
    this.#watch = watch;
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  async run(): Promise<void> {
    const { count, film, saw } = this.#options;
    const { frames } = film ?? numbers;
    await this.#settle({});
    const before = await standInCounts(this.#engine);
    this.from = this.#watch.last;
    while (this.reports.length < count) {
      const between = film ? betweenTicks.film : betweenTicks.numbers;
      for (let wait = this.#random.whole(between[0], between[1]); wait > 0; wait--) await this.#watch.look();
      while (this.#watch.placeOf(this.#watch.last) > frames - boundaryTicks) await this.#watch.look();
      // Phases between ticks as well: a tick is 40 ms, and workers are at something else at each moment of it.
      for (let turns = this.#random.whole(0, 200); turns > 0; turns--)
        await new Promise((resolve) => setImmediate(resolve));
      const report = await this.#strike(strikes[this.reports.length % strikes.length] ?? "SIGKILL");
      this.reports.push(report);
      saw?.(report);
    }
    this.faults.push(...countFaults(this.#watch, this.from, before, await standInCounts(this.#engine)));
  }

  async #strike(strike: Strike): Promise<StrikeReport> {
    const tick = this.#watch.last;
    const replaced = this.#engine.times("worker replaced");
    const worker = this.#engine.workerOf(1);
    if (worker === undefined) throw new Error("No worker is there.");
    process.kill(worker, strike);
    const standIns: Record<string, number> = {};
    await this.#settle(standIns, () => this.#engine.times("worker replaced") > replaced);
    const now = this.#engine.times("worker replaced");
    const cause = String(this.#engine.logged("worker replaced").at(-1)?.["cause"]);
    if (now !== replaced + 1)
      this.faults.push(`${strike} at ${tick}: ${now - replaced} workers were replaced`);
    if (reasonOf(cause) !== causes[strike])
      this.faults.push(`${strike} at ${tick}: the cause told is ${cause}`);
    // With a warm spare what was on air is held until its successor has the next picture.
    const [first] = Object.keys(standIns);
    if (first !== undefined && !firstReasons[strike].some((reason) => first.endsWith(` ${reason}`)))
      this.faults.push(`${strike} at ${tick}: the first stand-in is told as ${first}`);
    const others = Object.keys(standIns).filter((one) => !one.startsWith("hold"));
    if (others.length > 0) this.faults.push(`${strike} at ${tick}: ${JSON.stringify(standIns)}`);
    return { strike, tick, pid: worker, standIns, cause };
  }

  /** Looks on until what is planned is back for good and a spare stands ready. */
  async #settle(standIns: Record<string, number>, isReplaced = () => true): Promise<void> {
    let planned = 0;
    for (
      let looked = 0;
      planned < settledTicks || !isReplaced() || this.#engine.children("worker-main").length !== 2;
      looked++
    ) {
      if (looked > recoveryTicksMax) {
        this.faults.push(`at ${this.#watch.last} the channel is not whole again after ${looked} ticks`);
        return;
      }
      const { standIn } = await this.#watch.look();
      planned = standIn === undefined ? planned + 1 : 0;
      if (standIn !== undefined) standIns[standIn] = (standIns[standIn] ?? 0) + 1;
    }
  }
}
