import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StandInReason } from "@retrovue/core";
import { CampaignEngine } from "./campaign-engine.ts";
import { campaignRate, numbers, numbersConfig } from "./pattern-numbers.ts";
import { reasonOf } from "./reason-of.ts";
import { TickWatch } from "./tick-watch.ts";

/** When a worker is stopped: as a spare that nobody has needed yet, or as soon as it has its channel's bus. */
export const moments = ["as a spare", "with its bus"] as const;
export type Moment = (typeof moments)[number];

/** What became of the channel. */
export interface FrozenReport {
  /** Ticks that stood in from the death of the worker before it until what is planned was back. */
  readonly standIns: number;
  readonly faults: readonly string[];
}

const trueReasons: ReadonlySet<StandInReason> = new Set(["workerLost", "starved", "hung", "opening", "late"]);
/** Ticks of what is planned, one after another, after which all is well again. */
const settledTicks = 15;
/**
 * Ticks that may stand in: 2 s until it is found, and what a successor takes that is begun cold on a busy machine; less than the 10 s
 * for which a worker that has given no sign of life yet is waited for.
 */
const standInsMax = 9 * campaignRate;
/** Ticks for which there are a worker and its spare, and nobody else. */
const spareTicks = 5 * campaignRate;
/** Ticks after which it is given up that all will be well. */
const patienceTicks = 30 * campaignRate;

/** Kills the worker on air, and stops the one that takes its place before it can hand over a tick. */
export async function freezeYoung(moment: Moment): Promise<FrozenReport> {
  using folder = mkdtempDisposableSync(join(tmpdir(), "playout-faults-"));
  await using engine = new CampaignEngine({
    folder: folder.path,
    id: "faults",
    prefix: `young${process.pid}${moment.length}`,
    config: numbersConfig,
  });
  await using reader = await engine.openBus(1);
  const watch = new TickWatch(reader, numbers, trueReasons);
  const replaced = () => engine.times("worker replaced");
  let standIns = 0;
  /** Looks on until what is planned is there for good, and so many workers were replaced. */
  const settle = async (deaths: number): Promise<void> => {
    let planned = 0;
    for (let ticks = 0; planned < settledTicks || replaced() < deaths; ticks++) {
      if (ticks > patienceTicks) throw new Error(`${replaced()} workers were replaced after ${ticks} ticks.`);
      const { standIn } = await watch.look();
      planned = standIn === undefined ? planned + 1 : 0;
      if (standIn !== undefined) standIns += 1;
    }
  };
  await settle(0);
  const onAir = engine.workerOf(1);
  // Whoever has looked at the plan's asset has left by then, and the spare has loaded all that it needs.
  for (let alone = 0; alone < spareTicks; ) {
    await watch.look();
    alone = engine.children("worker-main").length === 2 ? alone + 1 : 0;
  }
  const spare = engine.children("worker-main").find((pid) => pid !== onAir);
  if (onAir === undefined || spare === undefined) throw new Error("No worker and its spare are there.");
  standIns = 0;
  if (moment === "as a spare") process.kill(spare, "SIGSTOP");
  process.kill(onAir, "SIGKILL");
  if (moment === "with its bus") {
    await engine.until(() => engine.workerOf(1) === spare, "the spare's bus");
    process.kill(spare, "SIGSTOP");
  }
  await settle(2);
  const causes = engine.logged("worker replaced").map((line) => reasonOf(line["cause"]));
  const faults = [...watch.faults];
  if (causes.join() !== "SIGKILL,no progress") faults.push(`${moment}: workers were replaced for ${causes}`);
  if (standIns > standInsMax) faults.push(`${moment}: ${standIns} ticks stood in`);
  if ((await engine.stop()) !== 0) faults.push("the engine did not end well");
  return { standIns, faults };
}
