import { mkdtempDisposableSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clipFolder } from "@retrovue/plugin-contract";
import { Random } from "../seams/random.ts";
import { CampaignEngine } from "./campaign-engine.ts";
import { filmFormat, type MarkedFilm } from "./marked-film.ts";
import { filmPlan } from "./strike-workers.ts";
import { TickWatch } from "./tick-watch.ts";

/** What became of an engine that was killed again and again. */
export interface EngineKillsReport {
  /** Ticks off air each time: from the last one before to the first as planned afterwards. */
  readonly offAir: readonly number[];
  readonly faults: readonly string[];
}

/** Reasons that are true at a start and at the end of a dying engine. */
const trueReasons = new Set(["opening", "starved", "late", "workerLost"] as const);

/** As planned, one after another, before it is killed again. */
const plannedTicks = 40;

let enginesMade = 0;

/**
 * Kills an engine with SIGKILL at random moments and starts it anew in its folder: its channel must come back by itself, at the place of
 * a plan that says nothing of when it began, by the pictures; and nothing may be left behind.
 */
export async function killEngine(count: number, seed: number, film: MarkedFilm): Promise<EngineKillsReport> {
  using folder = mkdtempDisposableSync(join(tmpdir(), "playout-faults-"));
  writeFileSync(join(folder.path, "plan.json"), JSON.stringify(filmPlan(film)));
  const random = new Random(seed);
  const prefix = `killed${process.pid}-${++enginesMade}`;
  const faults: string[] = [];
  const offAir: number[] = [];
  let anchor: number | undefined;
  let last: number | undefined;
  for (let life = 0; life <= count; life++) {
    await using engine = new CampaignEngine({
      folder: folder.path,
      id: "faults",
      prefix,
      config: {
        media: { roots: [clipFolder()] },
        decoders: [{ use: "@retrovue/decoder-libav" }],
        defaults: { format: filmFormat, historyMs: 4_000 },
        channels: [{ id: 1, name: "One", plan: "./plan.json", outputs: [] }],
      },
    });
    {
      await using reader = await engine.openBus(1);
      const watch: TickWatch = new TickWatch(reader, film, trueReasons, anchor);
      let planned = 0;
      for (let looked = 0; planned < plannedTicks + random.whole(0, 25); looked++) {
        const { standIn, tick } = await watch.look();
        if (standIn === undefined && planned === 0 && last !== undefined) offAir.push(tick - last - 1);
        planned = standIn === undefined ? planned + 1 : planned;
        if (looked > 25 * 20) throw new Error("The channel did not come back within 20 s.");
      }
      anchor = watch.anchor;
      last = watch.last;
      faults.push(...watch.faults.map((fault) => `life ${life + 1}: ${fault}`));
    }
    // A worker that stands still hears of no end of the engine, and must not outlive it either.
    const worker = engine.workerOf(1);
    if (life % 2 === 1 && life < count && worker !== undefined) process.kill(worker, "SIGSTOP");
    if (life < count) await engine.kill();
    else if ((await engine.stop()) !== 0) faults.push("the last engine did not end well");
  }
  const left = readdirSync("/dev/shm").filter((name) => name.startsWith(`${prefix}.`));
  if (left.length > 0) faults.push(`left in shared memory: ${left.join(", ")}`);
  return { offAir, faults };
}
