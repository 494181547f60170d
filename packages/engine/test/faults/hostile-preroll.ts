import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clipFolder } from "@retrovue/plugin-contract";
import { utcNow } from "../seams/real-time.ts";
import { CampaignEngine } from "./campaign-engine.ts";
import { compareWithRecord } from "./compare-with-record.ts";
import { everyReason, hostileMedia, recoveryReasons, turnFaults } from "./hostile-files.ts";
import { filmFormat, type MarkedFilm } from "./marked-film.ts";
import { countFaults, type StandInCounts, standInCounts } from "./stand-in-counts.ts";
import { TickWatch, type WatchedTick } from "./tick-watch.ts";

/** What hostile files did to what was on air while they were prepared. */
export interface HostileReport {
  readonly files: number;
  /** By file: how often what was on air was disturbed in all rounds. */
  readonly disturbed: ReadonlyMap<string, number>;
  readonly workersReplaced: number;
  readonly faults: readonly string[];
}

const { frameRate } = filmFormat;
/** A stretch of film, in which the next hostile file is prepared, and then that file's own turn. */
const filmTicks = 3 * frameRate;
const hostileTicks = Math.round(0.6 * frameRate);
const pairTicks = filmTicks + hostileTicks;
/** Ticks of film before metrics are read and after: the lead, in which they are ahead of what was seen, and as much again. */
const calmTicks = frameRate;
/** From now to the plan's begin: the engine must be up by then. */
const leadSeconds = 6n;

/** Airs film and hostile files in turns: each file may disturb the film at most once, whatever it does to its worker. */
export async function hostilePreroll(
  rounds: number,
  film: MarkedFilm,
  files: readonly string[],
): Promise<HostileReport> {
  using folder = mkdtempDisposableSync(join(tmpdir(), "playout-faults-"));
  const startSeconds = utcNow() / 1_000_000_000n + leadSeconds;
  const startTick = Number(startSeconds) * frameRate;
  const filmSeconds = film.frames / frameRate;
  const inPointOf = (pair: number) => (pair * 3) % (filmSeconds - 3);
  const segments = files.flatMap((uri, pair) => [
    { id: idOf(2 * pair + 1), uri: film.clip.uri, inPoint: `${inPointOf(pair)}s`, duration: "3s" },
    { id: idOf(2 * pair + 2), uri, duration: `${hostileTicks / frameRate}s` },
  ]);
  const plan = {
    start: new Date(Number(startSeconds) * 1_000).toISOString(),
    end: "loop",
    segments,
  };
  writeFileSync(join(folder.path, "plan.json"), JSON.stringify(plan));
  await using engine = new CampaignEngine({
    folder: folder.path,
    id: "faults",
    prefix: `hostile${process.pid}`,
    config: {
      media: { roots: [clipFolder(), hostileMedia] },
      decoders: [{ use: "@retrovue/decoder-libav" }],
      defaults: { format: filmFormat, historyMs: 4_000 },
      channels: [{ id: 1, name: "One", plan: "./plan.json", outputs: [] }],
    },
  });
  const placeOf = (tick: number) => {
    const at = (tick - startTick) % (pairTicks * files.length);
    return { pair: Math.floor(at / pairTicks), within: at % pairTicks };
  };
  const isFilm = (tick: number) => tick >= startTick && placeOf(tick).within < filmTicks;
  const frameAt = (tick: number): number | undefined => {
    const { pair, within } = placeOf(tick);
    return isFilm(tick) ? inPointOf(pair) * frameRate + within : undefined;
  };
  await using reader = await engine.openBus(1);
  // Which reason is true where is for this campaign to say, tick by tick.
  const watch = new TickWatch(reader, { ...film, frameAt }, everyReason);
  const disturbed = new Map<string, number>();
  const faults: string[] = [];
  const end = startTick + rounds * files.length * pairTicks;
  let wasStandIn = false;
  let turn: WatchedTick[] = [];
  const look = async (): Promise<WatchedTick> => {
    const seen = await watch.look();
    const { tick, standIn, meta } = seen;
    if (tick < startTick) {
      if (meta.standInReason !== "planned")
        faults.push(`tick ${tick} is before the plan, and shows ${standIn}`);
      return seen;
    }
    const { pair, within } = placeOf(tick);
    if (!isFilm(tick)) turn.push(seen);
    else if (turn.length > 0) {
      const file = files[(pair + files.length - 1) % files.length] ?? "";
      faults.push(...turnFaults(file, turn, engine.times("worker replaced") > 0));
      turn = [];
    }
    const isDisturbed = standIn !== undefined && isFilm(tick);
    if (isDisturbed && !recoveryReasons.has(meta.standInReason))
      faults.push(`tick ${tick} of the film stood in for the reason ${meta.standInReason}`);
    if (isDisturbed && !wasStandIn) {
      // The one in preroll is the one that follows; at the film's very beginning it is the one before that lingers.
      const guilty = files[within < 3 ? (pair + files.length - 1) % files.length : pair] ?? "";
      disturbed.set(guilty, (disturbed.get(guilty) ?? 0) + 1);
    }
    wasStandIn = isDisturbed;
    return seen;
  };
  /** What metrics count at a moment around which nothing stands in: so ahead as they are, that is what was seen. */
  const countedInCalm = async (): Promise<{ readonly counts: StandInCounts; readonly at: number }> => {
    const calm = async () => {
      for (let ticks = 0; ticks < calmTicks; ) ticks = (await look()).standIn === undefined ? ticks + 1 : 0;
    };
    await calm();
    for (;;) {
      const at = watch.last;
      const counts = await standInCounts(engine);
      await calm();
      if (watch.last === at + calmTicks) return { counts, at };
    }
  };
  while ((await look()).tick < startTick);
  const before = await countedInCalm();
  while ((await look()).tick < end);
  const after = await countedInCalm();
  for (const [file, times] of disturbed)
    if (times > 1) faults.push(`${file} disturbed the film ${times} times`);
  faults.push(...countFaults(watch, before.at, before.counts, after.counts));
  const causes = engine.logged("worker replaced").map((line) => String(line["cause"]));
  const restarts = await engine.metric("retrovue_playout_restart_total", 'what="worker"');
  if (restarts !== causes.length)
    faults.push(`metrics count ${restarts} replaced workers of ${causes.length}`);
  const late = await engine.metric("retrovue_playout_ticks_late_total");
  if (late > 0) faults.push(`${late} ticks came after their time`);
  if ((await engine.stop()) !== 0) faults.push("the engine did not end well");
  faults.push(...(await compareWithRecord(folder.path, watch, causes)));
  return {
    files: files.length,
    disturbed,
    workersReplaced: causes.length,
    faults: [...faults, ...watch.faults],
  };
}

const idOf = (number: number): string => number.toString(16).padStart(32, "0");
