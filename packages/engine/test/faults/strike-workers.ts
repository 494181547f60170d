import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FrameReader, StandInReason, Tick } from "@retrovue/core";
import { readCompactMark } from "@retrovue/core/testing";
import { ShmFrameBus } from "@retrovue/framebus-shm";
import { playout, startedPlayout } from "../built-cli.ts";
import { Random } from "../seams/random.ts";

/** What is done to a worker. A signal from outside is what a fault of its own looks like to everyone else. */
export const strikes = ["SIGKILL", "SIGSEGV", "SIGSTOP"] as const;
type Strike = (typeof strikes)[number];

/** What became of the channel after one strike. */
export interface StrikeReport {
  readonly strike: Strike;
  readonly tick: Tick;
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

/** Ten minutes: no boundary within a campaign of CI, over which nothing is held. */
const framesOfAsset = 15_000;
const pattern = "test://pattern?duration=600s&size=16x16&mark=compact";
let enginesMade = 0;

const configOf = (prefix: string) => `
engine: { id: faults, isolation: process, spareWorkers: 1, dataDir: ./var }
media: { roots: [.] }
frameBus: { use: "@retrovue/framebus-shm", options: { prefix: ${prefix} } }
decoders: [{ use: "@retrovue/decoder-pattern" }]
conformer: { use: "@retrovue/engine/plugins/copy-conformer" }
transports: []
http: { control: { listen: "127.0.0.1:0" } }
telemetry: { metrics: { listen: "127.0.0.1:0" } }
defaults: { format: { width: 16, height: 16, frameRate: 25 }, historyMs: 4000 }
channels: [{ id: 1, name: One, plan: "${pattern}", outputs: [] }]
`;

/** Reasons that are true after a strike: the worker is gone, or lives and gives nothing, or its successor is on its way. */
const trueReasons: ReadonlySet<StandInReason> = new Set(["workerLost", "starved", "hung", "opening", "late"]);

/** Ticks of what is planned, one after another, after which a strike is over. */
const settledTicks = 15;

/**
 * Ticks between strikes, from and up to: a worker that was of use for less than 2 s counts as one of a row of deaths, and from
 * the fourth of those on the supervisor waits longer each time, on purpose (core: settledNs, blamelessMax).
 */
const betweenTicks = [55, 100] as const;

/** A strike that is not over after so many ticks is a fault: hung workers are found after 2 s, and one more may be begun cold. */
const recoveryTicksMax = 25 * 15;

/**
 * Strikes the worker on air, again and again at random moments, on an engine as it is shipped, while a reader of another process
 * looks at every tick.
 *
 * @param saw hears of each strike as it is over
 */
export async function strikeWorkers(
  count: number,
  seed: number,
  saw: (report: StrikeReport) => void = () => {},
): Promise<StrikesReport> {
  using folder = mkdtempDisposableSync(join(tmpdir(), "playout-faults-"));
  const prefix = `faults${process.pid}-${++enginesMade}`;
  writeFileSync(join(folder.path, "playout.yaml"), configOf(prefix));
  using engine = startedPlayout([], { cwd: folder.path });
  const logged = (message: string) =>
    engine.text.out
      .split("\n")
      .filter((line) => line.includes(`"message":"${message}"`))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const campaign = new Campaign(engine.child.pid ?? 0, logged, new Random(seed), saw);
  await using reader = await opened(new ShmFrameBus({ prefix, directory: "/dev/shm" }));
  await campaign.run(reader, count);
  const { metrics } = logged("engine started")[0] ?? {};
  const text = await (await fetch(`http://${String(metrics)}/metrics`)).text();
  const restarts = Number(/restart_total\{[^}]*what="worker"[^}]*\} (\d+)/.exec(text)?.[1] ?? 0);
  if (restarts !== count) campaign.faults.push(`metrics count ${restarts} replaced workers of ${count}`);
  engine.child.kill("SIGTERM");
  const { code } = await engine.ended;
  if (code !== 0) campaign.faults.push(`the engine ended with ${code}`);
  await campaign.compareWithRecord(folder.path);
  return { ticks: campaign.ticks, strikes: campaign.reports, faults: campaign.faults };
}

async function opened(bus: ShmFrameBus): Promise<FrameReader> {
  const signal = AbortSignal.timeout(30_000);
  for (;;) {
    const reader = await bus
      .openReader({ engineId: "faults", channelId: 1 }, { name: "faults" }, signal)
      .catch(() => undefined);
    if (reader !== undefined) return reader;
    signal.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

class Campaign {
  readonly faults: string[] = [];
  readonly reports: StrikeReport[] = [];
  ticks = 0;
  readonly #standInTicks: number[] = [];
  #first: number | undefined;
  #last = 0;
  #anchor: number | undefined;

  readonly #engine: number;
  readonly #logged: (message: string) => readonly Record<string, unknown>[];
  readonly #random: Random;
  readonly #saw: (report: StrikeReport) => void;

  constructor(
    engine: number,
    logged: (message: string) => readonly Record<string, unknown>[],
    random: Random,
    saw: (report: StrikeReport) => void,
  ) {
    this.#engine = engine;
    this.#logged = logged;
    this.#random = random;
    this.#saw = saw;
  }

  async run(reader: FrameReader, count: number): Promise<void> {
    await this.#settle(reader, {});
    while (this.reports.length < count) {
      for (let wait = this.#random.whole(...betweenTicks); wait > 0; wait--) await this.#look(reader);
      // Phases between ticks as well: a tick is 40 ms, and workers are at something else at each moment of it.
      for (let turns = this.#random.whole(0, 200); turns > 0; turns--)
        await new Promise((resolve) => setImmediate(resolve));
      const strike = strikes[this.reports.length % strikes.length] ?? "SIGKILL";
      const tick = this.#last as Tick;
      const replaced = this.#logged("worker replaced").length;
      process.kill(this.#onAir(), strike);
      const standIns: Record<string, number> = {};
      await this.#settle(reader, standIns, () => this.#logged("worker replaced").length > replaced);
      const lines = this.#logged("worker replaced");
      const cause = String(lines.at(-1)?.["cause"]);
      const report = { strike, tick, standIns, cause };
      if (lines.length !== replaced + 1)
        this.faults.push(`${strike} at ${tick}: ${lines.length - replaced} workers were replaced`);
      if (cause !== (strike === "SIGSTOP" ? "no progress" : strike))
        this.faults.push(`${strike} at ${tick}: the cause told is ${cause}`);
      this.reports.push(report);
      this.#saw(report);
    }
  }

  /** The record must say of each tick what the reader saw. */
  async compareWithRecord(folder: string): Promise<void> {
    const { out } = await playout(["as-run", "check", "--data-dir", join(folder, "var"), "--json"]);
    const { runs, damaged, lost } = JSON.parse(out) as {
      runs: { workersReplaced: number; differences: { what: string; from: number; end: number }[] }[];
      damaged: number;
      lost: number;
    };
    const [run] = runs;
    if (runs.length !== 1 || damaged + lost > 0) this.faults.push("the as-run log is not whole");
    if (run?.workersReplaced !== this.reports.length)
      this.faults.push(`the as-run log has ${run?.workersReplaced} replaced workers`);
    const other = run?.differences.filter(({ what }) => what !== "stand-in") ?? [];
    if (other.length > 0)
      this.faults.push(`the as-run log differs from the plan: ${JSON.stringify(other[0])}`);
    const recorded = new Set(
      (run?.differences ?? []).flatMap(({ from, end }) =>
        Array.from({ length: end - from }, (_, index) => from + index),
      ),
    );
    const unknown = this.#standInTicks.filter((tick) => !recorded.has(tick));
    const seen = new Set(this.#standInTicks);
    const unseen = [...recorded].filter(
      (tick) => tick >= (this.#first ?? 0) && tick <= this.#last && !seen.has(tick),
    );
    if (unknown.length + unseen.length > 0)
      this.faults.push(`${unknown.length} stand-ins are not in the as-run log, ${unseen.length} only there`);
  }

  /** Looks on until what is planned is back for good and a spare stands ready. */
  async #settle(
    reader: FrameReader,
    standIns: Record<string, number>,
    isReplaced: () => boolean = () => true,
  ): Promise<void> {
    let planned = 0;
    for (let looked = 0; planned < settledTicks || !isReplaced() || this.#workers().length !== 2; looked++) {
      if (looked > recoveryTicksMax) {
        this.faults.push(`at ${this.#last} the channel is not whole again after ${looked} ticks`);
        return;
      }
      const standIn = await this.#look(reader);
      planned = standIn === undefined ? planned + 1 : 0;
      if (standIn !== undefined) standIns[standIn] = (standIns[standIn] ?? 0) + 1;
    }
  }

  /** One tick: the next one, the right frame, or a stand-in with a reason that is true. */
  async #look(reader: FrameReader): Promise<string | undefined> {
    const lease = await reader.next(AbortSignal.timeout(30_000));
    if (lease.overrun) throw new Error("The campaign's reader does not keep up.");
    const { tick, meta } = lease;
    const frame = readCompactMark(lease.picture.planes[0] ?? new Uint8Array())?.frame;
    lease.release();
    if (this.#first !== undefined && tick !== this.#last + 1)
      this.faults.push(`after tick ${this.#last} came ${tick}`);
    this.#first ??= tick;
    this.#last = tick;
    this.ticks += 1;
    if (meta.standIn !== undefined) {
      this.#standInTicks.push(tick);
      if (!trueReasons.has(meta.standInReason))
        this.faults.push(`tick ${tick} stood in for the reason ${meta.standInReason}`);
      return `${meta.standIn} ${meta.standInReason}`;
    }
    const phase = ((((frame ?? -1) - tick) % framesOfAsset) + framesOfAsset) % framesOfAsset;
    this.#anchor ??= phase;
    if (frame === undefined || phase !== this.#anchor) this.faults.push(`tick ${tick} shows frame ${frame}`);
    return undefined;
  }

  #workers(): number[] {
    const children = readFileSync(`/proc/${this.#engine}/task/${this.#engine}/children`, "utf8");
    return children.trim().split(" ").filter(Boolean).map(Number);
  }

  /** The oldest one: spares are begun after the one on air, and take its place in their order. */
  #onAir(): number {
    const [oldest] = this.#workers();
    if (oldest === undefined) throw new Error("No worker is there.");
    return oldest;
  }
}
