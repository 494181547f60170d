import { readFile } from "node:fs/promises";
import { join, resolve as resolvePath } from "node:path";
import {
  createPlan,
  HouseGrid,
  nanoseconds,
  type Plan,
  PlayoutError,
  rational,
  type Tick,
} from "@retrovue/core";
import {
  type AsRunDifference,
  checkAsRun,
  type PlanToCompare,
  type RunComparison,
} from "../../as-run/as-run-check.js";
import { readAsRun } from "../../as-run/read-as-run.js";
import { fileError } from "../../file-error.js";
import { readPlanFile } from "../../plans/plan-file.js";
import { savedPlanOf } from "../../plans/saved-plans.js";
import { exitCodes } from "../exit-codes.js";
import type { Terminal } from "../terminal.js";

/** How `as-run check` is asked. */
export interface AsRunCheckOptions {
  readonly channel?: number;
  /** A plan file; undefined for the plans that the engine applied last. */
  readonly plan?: string;
  readonly json: boolean;
}

/** Differences that are printed of one time on air; the rest is counted. */
const printedMax = 200;

/** Compares plans with the as-run log of a data folder. Gives the exit code. */
export async function checkAsRunFiles(
  dataDir: string,
  options: AsRunCheckOptions,
  terminal: Terminal,
): Promise<number> {
  const { lines, damaged, lost } = await readAsRun(dataDir);
  const wanted = lines.filter(
    (line) => line.type === "lost" || options.channel === undefined || line.channel === options.channel,
  );
  const channels = new Set(wanted.flatMap((line) => (line.type === "lost" ? [] : [line.channel])));
  const plans = new Map<number, PlanToCompare>();
  for (const channel of channels) {
    const plan =
      options.plan === undefined ? await appliedPlan(dataDir, channel) : await planOf(options.plan);
    if (plan !== undefined) plans.set(channel, { plan, isForAll: options.plan !== undefined });
  }
  const runs = checkAsRun(wanted, (channel) => plans.get(channel));
  const differs = runs.some(({ differences }) => differences.length > 0) || lost > 0;
  if (options.json) terminal.print(JSON.stringify({ ok: !differs, damaged, lost, runs }, null, 2));
  else printRuns(runs, { damaged, lost }, terminal);
  return differs ? exitCodes.Differs.code : exitCodes.Ok.code;
}

async function appliedPlan(dataDir: string, channel: number): Promise<Plan | undefined> {
  const file = join(dataDir, "plans", `channel-${channel}.json`);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fileError(
      file,
      "read",
      thrown,
      "Run the command as a user who may read the engine's data folder, or name a plan by --plan.",
    );
  }
  try {
    return savedPlanOf(text).plan;
  } catch (cause) {
    throw new PlayoutError("InvalidPlan", `The saved plan ${file} is not understood.`, { cause });
  }
}

async function planOf(file: string): Promise<Plan> {
  const path = resolvePath(file);
  // Nobody opens media here: a segment that says no duration is a fault of the file.
  const noLengths = { lengthOf: async () => undefined };
  const draft = await readPlanFile(path, 1, noLengths, new AbortController().signal);
  if (draft.start === undefined) {
    throw new PlayoutError("InvalidPlan", `${path} has no start, so nobody can say what is due when.`, {
      remedy: "Give it a start, or leave --plan out to compare with the plan that was applied.",
    });
  }
  return createPlan({ ...draft, start: draft.start });
}

function printRuns(
  runs: readonly RunComparison[],
  { damaged, lost }: { readonly damaged: number; readonly lost: number },
  terminal: Terminal,
): void {
  if (runs.length === 0) terminal.print("Nothing aired.");
  for (const run of runs) {
    const { channel, name, from, end, differences, notCompared, workersReplaced } = run;
    const time = timeOf(run);
    const [what, colour] =
      run.revision === undefined
        ? (["no plan to compare with", "yellow"] as const)
        : differences.length === 0
          ? (["as planned, to the frame", "green"] as const)
          : ([`${differences.length} differences`, "red"] as const);
    terminal.print(
      `channel ${channel} ${name}: ${time(from)} to ${time(end)} (${end - from} ticks), revision ${run.revision ?? "-"}: ` +
        `${run.exact} of ${run.segments} segments exact; ${terminal.style(colour, what)}`,
    );
    if (notCompared > 0)
      terminal.print(`  ${notCompared} segments aired under other revisions and are not compared`);
    if (workersReplaced > 0) terminal.print(`  ${workersReplaced} workers were replaced`);
    for (const one of differences.slice(0, printedMax)) terminal.print(`  ${lineOf(one, time)}`);
    if (differences.length > printedMax) terminal.print(`  and ${differences.length - printedMax} more`);
  }
  if (damaged > 0) terminal.warn(`${damaged} lines are damaged and left out`);
  if (lost > 0) terminal.error(`${lost} lines could not be written when they should have been`);
}

function timeOf({ frameRate }: RunComparison): (tick: number) => string {
  const [num = 0, den = 0] = frameRate.split("/").map(Number);
  const grid = new HouseGrid(rational(num, den), 48_000);
  return (tick) => new Date(Number(nanoseconds(grid.tickTime(tick as Tick)) / 1_000_000n)).toISOString();
}

const sayings: Readonly<Record<AsRunDifference["what"], string>> = {
  missing: "did not air",
  unplanned: "aired though nothing is planned",
  other: "another segment aired",
  "stand-in": "stand-in",
  contradiction: "the record contradicts itself",
};

function lineOf(one: AsRunDifference, time: (tick: number) => string): string {
  const { what, from, end, planned, aired, uri, detail } = one;
  const ids = [
    ...(planned === undefined ? [] : [`planned ${planned}`]),
    ...(aired === undefined || aired === planned ? [] : [`aired ${aired}`]),
  ];
  const rest = [...(detail === undefined ? [] : [detail]), ...ids, ...(uri === undefined ? [] : [uri])];
  return `${time(from)} ${from}..${end} (${end - from}) ${sayings[what]}: ${rest.join(", ")}`;
}
