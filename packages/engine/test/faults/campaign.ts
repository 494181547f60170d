// pnpm faults [--count N] [--from N] [--seed S] [--what PART…]: strikes a running engine in every way, and looks at every tick of its bus.
import { parseArgs } from "node:util";
import { endings, foreignDecoder } from "./foreign-decoder.ts";
import { freezeYoung, moments } from "./freeze-young.ts";
import { fullPlaces } from "./full-places.ts";
import { hostileFiles } from "./hostile-files.ts";
import { hostilePreroll } from "./hostile-preroll.ts";
import { killEngine } from "./kill-engine.ts";
import { largePicture, type MarkedFilm, markedFilm } from "./marked-film.ts";
import { renderStrikes, strikeRenderers } from "./strike-renderers.ts";
import { type StrikeReport, strikeWorkers } from "./strike-workers.ts";

const say = (line: string) => void process.stdout.write(`${line}\n`);

const parts = [
  "workers",
  "large",
  "numbers",
  "young",
  "renderers",
  "engine",
  "hostile",
  "foreign",
  "places",
] as const;
type Part = (typeof parts)[number];
const usage = `Usage: pnpm faults [--count N] [--from N] [--seed S] [--what ${parts.join("|")}]…`;

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "200" },
    from: { type: "string", default: "0" },
    seed: { type: "string", default: "1" },
    what: { type: "string", multiple: true, default: [...parts] },
  },
  // pnpm hands its own "--" on.
  args: process.argv.slice(2).filter((word) => word !== "--"),
});
const [count, from, seed] = [Number(values.count), Number(values.from), Number(values.seed)];

/** Strikes of one engine; the next engine has another film, and a seed of its own, so that a campaign can go on where it was left. */
const strikesPerEngine = 40;
/** Pictures from one key frame to the next: 60 is the most for which no slate is promised. */
const groups = [60, 12, 25, 50, 30] as const;
const filmSeconds = 120;

const isTerminal = process.stdout.isTTY === true;
const sum = (report: StrikeReport) => Object.values(report.standIns).reduce((all, one) => all + one, 0);

/** Of a large film less is made: that takes a minute or two by itself. */
const largeSeconds = 60;

async function filmOf(gop: number, isLarge = false): Promise<MarkedFilm> {
  const film = await (isLarge ? markedFilm(gop, largeSeconds, largePicture) : markedFilm(gop, filmSeconds));
  if (typeof film === "string") throw new Error(`No film to strike at: ${film}.`);
  return film;
}

/** @param filmAt undefined for numbers of the pattern decoder */
async function workers(most: number, filmAt?: (batch: number) => Promise<MarkedFilm>): Promise<string[]> {
  const faults: string[] = [];
  const reports: StrikeReport[] = [];
  let ticks = 0;
  for (let at = from; at < most; at += strikesPerEngine) {
    const batch = Math.floor(at / strikesPerEngine);
    const run = await strikeWorkers({
      count: Math.min(strikesPerEngine, most - at),
      seed: seed * 1_000 + batch,
      film: await filmAt?.(batch),
      saw: ({ strike, tick, cause, standIns }) => {
        if (isTerminal) say(`${strike} at ${tick}: ${cause}; ${JSON.stringify(standIns)}`);
      },
    });
    reports.push(...run.strikes);
    ticks += run.ticks;
    faults.push(...run.faults.map((fault) => `strikes ${at} and on, seed ${seed}: ${fault}`));
    say(
      `${reports.length} strikes, ${ticks} ticks, ${faults.length} faults (next: --from ${at + strikesPerEngine})`,
    );
  }
  for (const [strike, all] of Map.groupBy(reports, (report) => report.strike)) {
    const lengths = all.map(sum).sort((a, b) => a - b);
    const most = lengths.at(-1);
    say(
      `${strike}: ${all.length} times; stand-ins: median ${lengths[lengths.length >> 1]} ticks, most ${most}`,
    );
  }
  return faults;
}

const listed = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b).join(", ");

/** Where a campaign that is a tenth as long, and goes on where it was left, ends. */
const aTenth = () => Math.min(count, from + Math.ceil((count - from) / 10));

const works: Readonly<Record<Part, () => Promise<readonly string[]>>> = {
  workers: () => workers(count, (batch) => filmOf(groups[batch % groups.length] ?? 60)),
  large: () => workers(aTenth(), () => filmOf(60, true)),
  numbers: () => workers(aTenth()),
  young: async () => {
    const all: string[] = [];
    for (const moment of moments) {
      const { standIns, faults } = await freezeYoung(moment);
      say(`stopped ${moment}, after the one on air was killed: ${standIns} ticks stood in`);
      all.push(...faults);
    }
    return all;
  },
  renderers: async () => {
    const { gaps, faults } = await strikeRenderers(Math.ceil(count / 10), seed, await filmOf(60));
    for (const strike of renderStrikes)
      say(`renderers, ${strike}: pictures missing from the stream: ${listed(gaps[strike])}`);
    return faults;
  },
  engine: async () => {
    const { offAir, faults } = await killEngine(Math.ceil(count / 20), seed, await filmOf(60));
    say(`engine killed ${Math.ceil(count / 20)} times; ticks off air: ${listed(offAir)}`);
    return faults;
  },
  hostile: async () => {
    const files = hostileFiles();
    if (files === undefined) {
      say("hostile files: skipped, there are none (RETROVUE_MEDIA_DIR)");
      return [];
    }
    const { disturbed, workersReplaced, faults } = await hostilePreroll(2, await filmOf(60), files);
    say(
      `${files.length} hostile files in two rounds: ${disturbed.size} disturbed the film, ${workersReplaced} workers lost`,
    );
    return faults;
  },
  foreign: async () => {
    const { deaths, faults } = await foreignDecoder(3);
    const cost = [...deaths].map(([uri, workers]) => `${uri} ${workers}`).join(", ");
    say(
      `${endings.size} endings of a decoder that leaves no breadcrumbs, three rounds; workers lost: ${cost}`,
    );
    return faults;
  },
  places: async () => {
    const { told, faults, skipped } = await fullPlaces(await filmOf(60));
    say(skipped === undefined ? `full places: ${told.join("; ")}` : `full places: skipped, ${skipped}`);
    return faults;
  },
};

const wanted = values.what.filter((word): word is Part => (parts as readonly string[]).includes(word));
if (![count, from, seed].every(Number.isSafeInteger) || count < 1 || wanted.length !== values.what.length) {
  say(usage);
  process.exitCode = 2;
} else {
  let found = 0;
  for (const part of wanted) {
    const faults = await works[part]();
    for (const fault of faults) say(`FAULT ${part}: ${fault}`);
    found += faults.length;
  }
  say(`${found} faults (seed ${seed})`);
  process.exitCode = found === 0 ? 0 : 1;
}
