import { availableParallelism } from "node:os";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { runCampaign } from "../campaign/campaign.js";
import { runSeed } from "../campaign/seed-result.js";
import { tallyOf } from "../campaign/tally.js";
import { Stopwatch } from "../clock/stopwatch.js";
import { runHeap } from "../heap/heap-run.js";
import { mutantNamed, mutants } from "../mutants/index.js";
import { Story } from "../story/story.js";
import { brokenLines, heapLines, heapSampleLine, jsonOf, reportLines } from "./report.js";

/** What a command line may touch of its process. */
export interface Output {
  readonly out: { write(text: string): unknown };
  readonly err: { readonly isTTY?: boolean; write(text: string): unknown };
}

/** The options as commander gives them. */
interface SimOptions {
  readonly seeds: number;
  readonly first: number;
  readonly seed?: number;
  readonly minutes: number;
  readonly jobs: number;
  readonly trace?: true;
  readonly ticks?: number | TickRange;
  readonly mutant?: string;
  readonly listMutants?: true;
  readonly heap?: true;
  readonly json?: true;
}

interface TickRange {
  readonly from: number;
  readonly to: number;
}

/** Exit codes: all promises kept; one broken; used wrongly. */
const exits = { kept: 0, broken: 1, usage: 2 } as const;

const heapTicksDefault = 10_000_000;

const examples = `
Examples:
  pnpm sim --seeds 1000                     a thousand worlds of six minutes
  pnpm sim --seed 7 --trace                 what happens in one, to read
  pnpm sim --seed 7 --trace --ticks 90..120 the same, with these ticks one by one
  pnpm sim --mutant lost-sample             a channel broken on purpose, which must be caught
  pnpm sim --heap --ticks 10000000          the heap over a long quiet run`;

/** Runs one command line and gives its exit code. */
export async function runProgram(args: readonly string[], output: Output): Promise<number> {
  const program = describe(output);
  try {
    program.parse(args, { from: "user" });
    return await run(program.opts<SimOptions>(), output);
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exits.kept : exits.usage;
    throw thrown;
  }
}

function describe(output: Output): Command {
  return new Command("sim")
    .description("Runs whole channels in virtual time, from seeds, and checks every tick that airs.")
    .option("--seeds <count>", "how many seeds to run", whole(1), 100)
    .option("--first <seed>", "the first of them", whole(0), 1)
    .option("--seed <seed>", "run this one only", whole(0))
    .option("--minutes <minutes>", "channel time of each", minutes, 6)
    .option("--jobs <count>", "worlds at one time", whole(1), availableParallelism())
    .option("--trace", "tell what happens, line by line (with --seed)")
    .option("--ticks <range>", "FROM..TO: trace these ticks one by one; with --heap: how many to run", ticks)
    .option("--mutant <name>", "run a channel that is broken on purpose", mutant)
    .option("--list-mutants", "tell all mutants and the rule that catches each")
    .option("--heap", "run a world without trouble and watch its heap")
    .option("--json", "tell the result as one JSON object")
    .addHelpText("after", examples)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.out.write(text),
      writeErr: (text) => output.err.write(text),
    })
    .allowExcessArguments(false);
}

async function run(options: SimOptions, output: Output): Promise<number> {
  const print = (line: string) => output.out.write(`${line}\n`);
  if (options.listMutants === true) {
    for (const { name, breaks, caughtBy } of mutants)
      print(`${name.padEnd(28)} ${caughtBy.padEnd(34)} ${breaks}`);
    return exits.kept;
  }
  if (options.heap === true) return watchHeap(options, print);
  if (options.trace === true) return tell(options, output);
  return campaign(options, output);
}

async function campaign(options: SimOptions, { out, err }: Output): Promise<number> {
  const { minutes, mutant, json } = options;
  const watch = new Stopwatch();
  const seeds = options.seed === undefined ? options.seeds : 1;
  const first = options.seed ?? options.first;
  let done = 0;
  let broken = 0;
  const results = await runCampaign({
    first,
    seeds,
    minutes,
    mutant,
    jobs: Math.min(options.jobs, seeds),
    onResult: (result) => {
      done += 1;
      if (result.broken !== undefined) broken += 1;
      if (err.isTTY === true)
        err.write(`\r${done} of ${seeds} seeds${broken > 0 ? `, ${broken} broken` : ""} `);
    },
  });
  if (err.isTTY === true) err.write("\r\u001b[K");
  const tally = tallyOf(results);
  if (json === true) out.write(`${JSON.stringify(jsonOf(tally, watch.elapsedMs))}\n`);
  else
    for (const line of reportLines(tally, { minutes, mutant, elapsedMs: watch.elapsedMs }))
      out.write(`${line}\n`);
  return tally.broken.length === 0 ? exits.kept : exits.broken;
}

/** One seed, as a story. */
async function tell(options: SimOptions, { out, err }: Output): Promise<number> {
  const { seed, minutes, mutant, ticks: range } = options;
  if (seed === undefined) {
    err.write("error: --trace tells one seed\n  Say which: --seed N --trace.\n");
    return exits.usage;
  }
  const story = new Story({
    write: (line) => out.write(`${line}\n`),
    ticks: typeof range === "object" ? range : undefined,
  });
  const result = await runSeed(
    { seed, minutes, mutant },
    {
      onStart: (opening) => story.begin(opening),
      trace: (what, now) => story.event(what, now),
      onTick: (lease, place, now) => story.tick(lease, place, now),
    },
  );
  story.end(result.broken);
  for (const line of brokenLines(result, { minutes, mutant })) out.write(`${line}\n`);
  return result.broken === undefined ? exits.kept : exits.broken;
}

async function watchHeap(options: SimOptions, print: (line: string) => void): Promise<number> {
  const { seed = options.first, ticks: wanted, json } = options;
  const count = typeof wanted === "number" ? wanted : heapTicksDefault;
  const report = await runHeap({
    seed,
    ticks: count,
    ...(json !== true && { onSample: (sample) => print(heapSampleLine(sample)) }),
  });
  if (json === true) print(JSON.stringify(report));
  else for (const line of heapLines(report)) print(line);
  return report.isFlat ? exits.kept : exits.broken;
}

const whole =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least || value > 0x7fff_ffff) {
      throw new InvalidArgumentError(`A whole number from ${least} on is meant.`);
    }
    return value;
  };

function minutes(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 10_000)) throw new InvalidArgumentError("Minutes up to 10000 are meant.");
  return value;
}

function ticks(text: string): number | TickRange {
  const [, from, to] = /^(\d+)\.\.(\d+)$/.exec(text) ?? [];
  if (from !== undefined && to !== undefined) return { from: Number(from), to: Number(to) };
  return whole(1)(text);
}

function mutant(text: string): string {
  return mutantNamed(text, (names) => {
    throw new InvalidArgumentError(`There are: ${names.join(", ")}.`);
  }).name;
}
