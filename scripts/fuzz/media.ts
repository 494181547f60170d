import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { extname, join } from "node:path";
import {
  type Finding,
  findingOf,
  type Progress,
  runCampaign,
  startOfCampaign,
} from "../../packages/decoder-libav/test/fuzz/campaign.ts";
import {
  damagedBytes,
  type FuzzCase,
  FuzzCases,
  lineOf,
} from "../../packages/decoder-libav/test/fuzz/cases.ts";
import { digestOf, fuzzClips } from "../../packages/decoder-libav/test/fuzz/clips.ts";
import { plantsUnfound } from "../../packages/decoder-libav/test/fuzz/plants.ts";
import { isFinding, Player, type Verdict } from "../../packages/decoder-libav/test/fuzz/player.ts";
import { addon, perturbed, sanitized } from "../../packages/decoder-libav/test/fuzz/players.ts";
import { cacheFolder } from "../setup/root.mjs";

/** What was asked for. */
export interface MediaOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly casesMax: number;
  /** 0 for one a core. */
  readonly jobs: number;
  readonly isFresh: boolean;
  readonly checksPlants: boolean;
  readonly only: number | undefined;
}

const folder = join(cacheFolder, "fuzz");
const clipPatienceMs = 300_000;
/** How often the state is written, in cases; what was played since is played again after a crash of the campaign. */
const savedEvery = 20;

/** Runs the campaign, or one case of it. Returns the exit status: 1 where anything was found. */
export async function fuzzMedia(options: MediaOptions): Promise<number> {
  const clips = await fuzzClips(AbortSignal.timeout(clipPatienceMs));
  const cases = new FuzzCases(options.seed, clips);
  if (options.only !== undefined) return await playOne(cases.at(options.only));

  let failed = 0;
  if (options.checksPlants) {
    const unfound = await plantsUnfound(cases);
    for (const line of unfound) console.log(`A planted fault was not found: ${line}`);
    if (unfound.length === 0) console.log("Every planted fault was found.");
    failed += unfound.length;
  }

  mkdirSync(folder, { recursive: true });
  const state = new StateFile(join(folder, `media-seed-${options.seed}.json`), digestOf(clips));
  const left = options.isFresh ? startOfCampaign() : state.read();
  const progress: Progress = { ...left, findings: await stillFound(left.findings, cases) };
  const known = progress.findings.length;
  let told = known;
  const end = performance.now() + options.minutes * 60_000;
  const terminal = new Line();
  await runCampaign(progress, {
    cases,
    until: options.casesMax,
    jobs: options.jobs || availableParallelism(),
    isOver: () => performance.now() > end,
    onCase: (now) => {
      for (; told < now.findings.length; told++) {
        terminal.clear();
        tell(options.seed, cases, now.findings[told] as Finding);
      }
      terminal.show(
        `${sumOf(now, cases)}; ${Math.max(0, Math.round((end - performance.now()) / 1000))} s left`,
      );
      if (now.played % savedEvery === 0) state.write(now);
    },
  });
  terminal.clear();
  state.write(progress);
  const { findings } = progress;
  console.log(sumOf(progress, cases));
  const ends = Object.entries(progress.ends).sort(([, a], [, b]) => b - a);
  console.log(`  ${ends.map(([end, count]) => `${end} ${count}`).join(", ")}`);
  for (const finding of findings.slice(0, known)) tell(options.seed, cases, finding);
  failed += findings.length;
  console.log(`${progress.played} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

/** Those of a campaign's findings that are there yet: what was mended since is said once, and forgotten. */
async function stillFound(findings: readonly Finding[], cases: FuzzCases): Promise<Finding[]> {
  const left: Finding[] = [];
  for (const finding of findings) {
    const it = cases.at(finding.number);
    let isFound = false;
    for (const command of players()) isFound ||= isFinding(await verdictOf(command, it));
    if (isFound) left.push(finding);
    else console.log(`Case ${finding.number} on ${finding.clip} is found no more.`);
  }
  return left;
}

const players = () => [sanitized(), perturbed(), addon()];

async function verdictOf(command: ReturnType<typeof addon>, it: FuzzCase): Promise<Verdict> {
  const player = new Player(command);
  try {
    return await player.play(lineOf(it));
  } finally {
    await player.stop();
  }
}

/** Every player's word on one case. */
async function playOne(it: FuzzCase): Promise<number> {
  const line = lineOf(it);
  console.log(
    `${it.clip.name}, ${it.clip.bytes.length} bytes, ${it.patches.length} patches, cut at ${it.cut ?? "no place"}`,
  );
  console.log(`  ${line.length > 400 ? `${line.slice(0, 400)}…` : line}`);
  let found = 0;
  for (const command of players()) {
    const verdict = await verdictOf(command, it);
    console.log(`${command.name}: ${verdict.end}, ${verdict.pictures} pictures, ${verdict.samples} samples`);
    if (!isFinding(verdict)) continue;
    found++;
    console.log(`${verdict.words}\n  in: ${findingOf(command.name, it, verdict).where}`);
  }
  return found > 0 ? 1 : 0;
}

/** Says what was found and how to see it again, and keeps the file. */
function tell(seed: number, cases: FuzzCases, finding: Finding): void {
  const it = cases.at(finding.number);
  const kept = join(folder, `seed-${seed}-case-${finding.number}${extname(it.clip.path)}`);
  writeFileSync(kept, damagedBytes(it));
  const first = finding.words.split("\n").find((line) => /ERROR|runtime error|ended with/.test(line)) ?? "";
  console.log(`${finding.end} (${finding.player}, ${finding.where}) on ${finding.clip}: ${first.trim()}`);
  console.log(`  pnpm fuzz media --seed ${seed} --case ${finding.number}   (${kept})`);
}

const sumOf = ({ played, findings }: Progress, cases: FuzzCases): string =>
  `${played} cases, ${cases.boundariesWithin(played)} of ${cases.boundaryCount} boundaries, ${findings.length} findings`;

/** Where a seed's campaign was left. */
class StateFile {
  readonly #path: string;
  readonly #clips: string;

  constructor(path: string, clips: string) {
    this.#path = path;
    this.#clips = clips;
  }

  /** Anew where there is none, or where the files have changed, since a number is another case then. */
  read(): Progress {
    try {
      const { clips, progress } = JSON.parse(readFileSync(this.#path, "utf8")) as {
        clips: string;
        progress: Progress;
      };
      return clips === this.#clips ? progress : startOfCampaign();
    } catch {
      return startOfCampaign();
    }
  }

  write(progress: Progress): void {
    const half = `${this.#path}.${process.pid}`;
    writeFileSync(half, JSON.stringify({ clips: this.#clips, progress }));
    renameSync(half, this.#path);
  }
}

/** One line on a terminal that is written over; nothing in a pipe. */
class Line {
  show(text: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  }

  clear(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  }
}
