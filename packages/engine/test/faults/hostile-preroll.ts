import { existsSync, mkdtempDisposableSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StandInReason } from "@retrovue/core";
import { standInReasons } from "@retrovue/core";
import { clipFolder } from "@retrovue/plugin-contract";
import { root } from "../built-cli.ts";
import { utcNow } from "../seams/real-time.ts";
import { CampaignEngine } from "./campaign-engine.ts";
import { filmFormat, type MarkedFilm } from "./marked-film.ts";
import { TickWatch } from "./tick-watch.ts";

/** What hostile files did to what was on air while they were prepared. */
export interface HostileReport {
  readonly files: number;
  /** By file: how often what was on air was disturbed in all rounds. */
  readonly disturbed: ReadonlyMap<string, number>;
  readonly workersReplaced: number;
  readonly faults: readonly string[];
}

const mediaFolder = process.env["RETROVUE_MEDIA_DIR"] ?? join(root, "../shared/media");
const hostileFolder = join(mediaFolder, "hostile");

/** The hostile set; undefined where it is not there. */
export const hostileFiles = (): readonly string[] | undefined =>
  existsSync(hostileFolder) ? readdirSync(hostileFolder).map((file) => join(hostileFolder, file)) : undefined;

const { frameRate } = filmFormat;
/** A stretch of film, in which the next hostile file is prepared, and then that file's own turn. */
const filmTicks = 3 * frameRate;
const hostileTicks = Math.round(0.6 * frameRate);
const pairTicks = filmTicks + hostileTicks;
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
      media: { roots: [clipFolder(), mediaFolder] },
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
  const reasons = new Set(Object.keys(standInReasons).filter((one) => one !== "none")) as Set<StandInReason>;
  await using reader = await engine.openBus(1);
  const watch = new TickWatch(reader, { ...film, frameAt }, reasons);
  const disturbed = new Map<string, number>();
  const faults: string[] = [];
  const end = startTick + rounds * files.length * pairTicks;
  let wasStandIn = false;
  for (;;) {
    const { tick, standIn } = await watch.look();
    if (tick >= end) break;
    const isDisturbed = standIn !== undefined && isFilm(tick);
    if (isDisturbed && !wasStandIn) {
      // The one in preroll is the one that follows; at the film's very beginning it is the one before that lingers.
      const { pair, within } = placeOf(tick);
      const guilty = files[within < 3 ? (pair + files.length - 1) % files.length : pair] ?? "";
      disturbed.set(guilty, (disturbed.get(guilty) ?? 0) + 1);
    }
    wasStandIn = isDisturbed;
  }
  for (const [file, times] of disturbed)
    if (times > 1) faults.push(`${file} disturbed the film ${times} times`);
  const workersReplaced = engine.times("worker replaced");
  if ((await engine.stop()) !== 0) faults.push("the engine did not end well");
  return { files: files.length, disturbed, workersReplaced, faults: [...faults, ...watch.faults] };
}

const idOf = (number: number): string => number.toString(16).padStart(32, "0");
