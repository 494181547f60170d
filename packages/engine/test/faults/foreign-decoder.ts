import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type StandInReason, standInReasons } from "@retrovue/core";
import { utcNow } from "../seams/real-time.ts";
import { CampaignEngine } from "./campaign-engine.ts";
import { campaignRate, numbers, numbersConfig, numbersUri } from "./pattern-numbers.ts";
import { TickWatch } from "./tick-watch.ts";

/** What became of a channel that plays files which end their worker, of a decoder that leaves no breadcrumbs. */
export interface ForeignReport {
  /** By address: how many workers it cost in all rounds. */
  readonly deaths: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
}

/** What ends a worker, and after how many workers it may do so no more: what faults in being read is known at the second. */
export const endings = new Map([
  ["test://fault/1", 1],
  ["test://abort/1", 1],
  ["test://fault-late/1", 1],
  ["test://fault-reading/1", 2],
]);

/** Long enough for a worker to be replaced, and its spare as well, before the next one is prepared. */
const goodTicks = 5 * campaignRate;
const badTicks = campaignRate / 5;
const pairTicks = goodTicks + badTicks;
const leadSeconds = 6n;
const faultingDecoder = fileURLToPath(new URL("./faulting-decoder.ts", import.meta.url));

/** Airs numbers and what ends its worker in turns, so many times, and looks at every tick. */
export async function foreignDecoder(rounds: number): Promise<ForeignReport> {
  using folder = mkdtempDisposableSync(join(tmpdir(), "playout-faults-"));
  const startSeconds = utcNow() / 1_000_000_000n + leadSeconds;
  const startTick = Number(startSeconds) * campaignRate;
  const bad = [...endings.keys()];
  const segments = bad.flatMap((uri, pair) => [
    {
      id: idOf(2 * pair + 1),
      uri: numbersUri,
      inPoint: `${pair * 5}s`,
      duration: `${goodTicks / campaignRate}s`,
    },
    { id: idOf(2 * pair + 2), uri, duration: `${badTicks / campaignRate}s` },
  ]);
  const start = new Date(Number(startSeconds) * 1_000).toISOString();
  writeFileSync(join(folder.path, "plan.json"), JSON.stringify({ start, end: "loop", segments }));
  await using engine = new CampaignEngine({
    folder: folder.path,
    id: "faults",
    prefix: `foreign${process.pid}`,
    config: {
      ...numbersConfig,
      decoders: [...numbersConfig.decoders, { use: faultingDecoder }],
      channels: [{ id: 1, name: "One", plan: "./plan.json", outputs: [] }],
    },
  });
  const frameAt = (tick: number): number | undefined => {
    const at = (tick - startTick) % (pairTicks * bad.length);
    const within = at % pairTicks;
    if (tick < startTick || within >= goodTicks) return undefined;
    return Math.floor(at / pairTicks) * goodTicks + within;
  };
  const reasons = new Set(Object.keys(standInReasons).filter((one) => one !== "none")) as Set<StandInReason>;
  await using reader = await engine.openBus(1);
  const watch = new TickWatch(reader, { ...numbers, frameAt }, reasons);
  const end = startTick + rounds * bad.length * pairTicks;
  while ((await watch.look()).tick < end);
  const replaced = engine.logged("worker replaced");
  // Nothing else dies here, so that a death without a verdict was the next one's that is found guilty.
  const deaths = new Map<string, number>();
  let unsolved = 0;
  for (const line of replaced) {
    const [uri] = line["barred"] as readonly string[];
    unsolved += 1;
    if (uri === undefined) continue;
    deaths.set(uri, (deaths.get(uri) ?? 0) + unsolved);
    unsolved = 0;
  }
  if (unsolved > 0) deaths.set("nobody", unsolved);
  const faults = [...watch.faults];
  for (const uri of new Set([...endings.keys(), ...deaths.keys()]))
    if (deaths.get(uri) !== endings.get(uri))
      faults.push(`${uri} ended ${deaths.get(uri) ?? 0} workers, not ${endings.get(uri) ?? 0}`);
  const delayed = engine.times("workers keep dying; the next one waits");
  if (delayed > 0) faults.push(`workers had to wait for their turn ${delayed} times`);
  if ((await engine.stop()) !== 0) faults.push("the engine did not end well");
  return { deaths, faults };
}

const idOf = (number: number): string => number.toString(16).padStart(32, "0");
