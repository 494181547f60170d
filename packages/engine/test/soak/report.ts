import type { StandInReason } from "@retrovue/core";
import { reasonOf } from "../faults/reason-of.ts";
import type { SeriesVerdict } from "./series.ts";
import { median, percentile } from "./slope.ts";
import type { SoakedChannel, SoakRun } from "./soak.ts";

/** What became of a soak, for people: lines, and the promises that were broken. */
export interface SoakReport {
  readonly lines: readonly string[];
  readonly broken: readonly string[];
  /** Those of them that a machine with too much to do breaks as well: what stood in for want of time, and how long answers took. */
  readonly slow: readonly string[];
}

/** Why something may stand in that nobody touched, where the machine has too much to do: what is wanted of it comes, but not in time. */
const ofLoad: ReadonlySet<StandInReason> = new Set(["opening", "late", "starved", "hung"]);

/** A channel is on air within so many milliseconds, when its engine is. */
const firstTickMsMax = 10_000;

/** Ticks between what was seen and what the clock says: 2 s, for the lead that ticks come before their time and a busy machine's delay. */
const slackTicks = 60;

/** Of a channel's ticks the share that its reader may come too late for: of who sees less, nothing can be said. */
const notSeenShareMax = 0.1;

/** `/metrics` answers within so many milliseconds. */
const scrapeMsMax = 100;

export function reportOf(run: SoakRun, verdicts: readonly SeriesVerdict[]): SoakReport {
  const lines = [
    `${run.minutes.toFixed(1)} minutes, ${run.channels.length} channels watched`,
    ...run.channels.map(channelLine),
    ...[...run.disturbances].map(([name, { times, failures }]) =>
      failures.length === 0
        ? `${name}: ${times}`
        : `${name}: ${times}, and failed ${failures.length}: ${failures[0]}`,
    ),
    `workers replaced ${run.workersReplaced}, renderers replaced ${run.renderersReplaced}, ticks published ${run.published}, of which ${run.late} came after their time`,
    `/metrics: median ${median(run.scrapesMs).toFixed(1)} ms, 95 of 100 within ${percentile(run.scrapesMs, 0.95).toFixed(1)} ms, most ${Math.max(...run.scrapesMs).toFixed(1)} ms of ${run.scrapesMs.length}`,
    ...[...run.warnings].map(([message, times]) => `log: ${message}: ${times}`),
    `CPU: ${run.cpuPercent.toFixed(0)} % of a core, all of the engine's processes`,
    ...run.missing.map((what) => `not played: ${what}`),
    "slopes an hour by Theil and Sen over up to 30 blocks (a process's memory by the least in each, the workers' together by the mean, all else by the median), the first third (10 minutes at most) left out, with their 95 % interval; flat is what lies below what is let pass with all of it:",
    ...verdicts.map(verdictLine),
    perSegment(run),
  ];
  const slow = [
    ...run.channels.flatMap((one) => untouchedOf(one, true)),
    ...lostWorkersOf(run, true),
    ...run.channels.flatMap(hardlySeen),
    ...slowAnswers(run),
  ];
  const broken = [
    ...run.channels.flatMap(brokenOf),
    ...run.channels.flatMap((one) => untouchedOf(one, false)),
    ...lostWorkersOf(run, false),
    ...brokenAtAll(run),
    ...growing(verdicts),
    ...slow,
  ];
  return { lines, broken, slow };
}

/** One channel in a line: what was seen of it. */
export function channelLine({ id, role, isEncoded, watch, runs }: SoakedChannel): string {
  const standIns = listed(watch.standIns);
  const segments = runs.reduce((sum, run) => sum + run.segments, 0);
  const exact = runs.reduce((sum, run) => sum + run.exact, 0);
  return [
    `channel ${id} ${role}${isEncoded ? ", encoded" : ""}: ${watch.ticks} ticks of ${watch.elapsedTicks}, ${watch.missed} missed, ${watch.segments} segments`,
    `as-run ${exact} of ${segments} exact${runs.length > 1 ? ` in ${runs.length} runs` : ""}`,
    standIns === "" ? "no stand-in" : `stand-ins: ${standIns}`,
    ...(watch.atStart.size > 0 ? [`at its start: ${listed(watch.atStart)}`] : []),
    ...(watch.notSeen > 0 ? [`${watch.notSeen} ticks not seen by this reader`] : []),
  ].join("; ");
}

const listed = (counts: ReadonlyMap<string, number>) =>
  [...counts].map(([what, times]) => `${what} ${times}`).join(", ");

function verdictLine({ name, unit, slope, verdict, median: middle, perHourMax }: SeriesVerdict): string {
  const said =
    slope === undefined
      ? "too short to tell"
      : `${slope.perHour.toFixed(2)} (${slope.low.toFixed(2)} to ${slope.high.toFixed(2)}), ${slope.blocks} blocks`;
  return `  ${verdict.padEnd(9)} ${name}: median ${middle.toFixed(1)} ${unit}, ${said}; let pass ${perHourMax}`;
}

/** What a slope of memory is for each segment. */
function perSegment({ channels, minutes }: SoakRun): string {
  const perHour = median(channels.map(({ watch }) => watch.segments)) / (minutes / 60);
  return `a channel plays ${perHour.toFixed(0)} segments an hour: a MB an hour is ${(1_000 / perHour).toFixed(2)} KB a segment`;
}

function brokenOf(channel: SoakedChannel): string[] {
  const { id, role, watch, runs } = channel;
  const broken: string[] = [];
  if (watch.ticks === 0) broken.push(`channel ${id}: nothing was seen of it`);
  if (watch.missed > 0) broken.push(`channel ${id}: ${watch.missed} ticks were missed`);
  if (watch.wentBack > 0) broken.push(`channel ${id}: its bus went back ${watch.wentBack} times`);
  const wrong = runs.flatMap(({ differences }) => differences.filter(({ what }) => what !== "stand-in"));
  if (wrong.length > 0)
    broken.push(
      `channel ${id}: the as-run log differs from the plan ${wrong.length} times: ${JSON.stringify(wrong[0])}`,
    );
  if (runs.length === 0) broken.push(`channel ${id}: the as-run log says nothing of it`);
  return role === "cycled" ? broken : [...broken, ...interruptedOf(channel)];
}

/** Of a channel that nobody takes off air: whatever is done to its worker and its plan, its bus is there and goes on with the clock. */
function interruptedOf({ id, watch, runs }: SoakedChannel): string[] {
  const broken: string[] = [];
  const { breaks, firstAfterMs, told, elapsedTicks, last = 0 } = watch;
  if (breaks.length > 0) broken.push(`channel ${id}: its bus was lost ${breaks.length} times: ${breaks[0]}`);
  if (firstAfterMs > firstTickMsMax)
    broken.push(`channel ${id}: its first tick took ${firstAfterMs.toFixed(0)} ms`);
  if (Math.abs(told - elapsedTicks) > slackTicks)
    broken.push(`channel ${id}: ${told} ticks came or were missed where the clock had ${elapsedTicks}`);
  if (runs.length > 1) broken.push(`channel ${id}: the as-run log has it on air ${runs.length} times`);
  const recorded = runs.at(-1)?.end ?? 0;
  if (recorded < last - slackTicks)
    broken.push(`channel ${id}: the as-run log ends at ${recorded}, ${last - recorded} ticks early`);
  return broken;
}

/** What stood in on a channel to which nothing was done: what a busy machine brings about as well, after the start, or all else, from the first tick on. */
function untouchedOf({ id, role, watch }: SoakedChannel, isOfLoad: boolean): string[] {
  const all = isOfLoad ? [...watch.standIns] : [...watch.atStart, ...watch.standIns];
  const found = all.filter(([what]) => isReasonIn(what, ofLoad) === isOfLoad);
  if (role !== "steady" || found.length === 0) return [];
  const first = watch.firstStandIns.join("; ");
  return [`channel ${id}: nobody touched it, and yet ${JSON.stringify(found)}: ${first}`];
}

const isReasonIn = (what: string, reasons: ReadonlySet<string>) => reasons.has(what.split(" ")[1] ?? "");

/** Workers of channels to which nothing was done: a spare may take over without a tick that stands in. A busy machine makes them seem to hang. */
function lostWorkersOf({ channels, sheets }: SoakRun, isOfLoad: boolean): string[] {
  const steady = new Set(channels.filter(({ role }) => role === "steady").map(({ id }) => id));
  return sheets
    .filter(({ channel }) => steady.has(channel))
    .flatMap(({ replaced }) => replaced)
    .filter(({ cause }) => (reasonOf(cause) === "no progress") === isOfLoad)
    .map(
      ({ channel, tick, cause }) =>
        `channel ${channel}: nobody touched it, and yet its worker is lost at ${tick}: ${cause}`,
    );
}

const hardlySeen = ({ id, watch }: SoakedChannel): string[] =>
  watch.notSeen > watch.told * notSeenShareMax
    ? [`channel ${id}: its reader came too late for ${watch.notSeen} of ${watch.told} ticks`]
    : [];

function brokenAtAll(run: SoakRun): string[] {
  const broken: string[] = [];
  if (run.exitCode !== 0) broken.push(`the engine ended with ${run.exitCode}`);
  if (run.left.length > 0) broken.push(`left in shared memory: ${run.left.join(", ")}`);
  if (run.recordLost > 0) broken.push(`${run.recordLost} lines of the as-run log are lost or damaged`);
  const cycles = run.disturbances.get("cycles");
  const takenOff = (cycles?.times ?? 0) + (cycles?.failures.length ?? 0) + 1;
  for (const { id, role, watch } of run.channels)
    if (role === "cycled" && watch.breaks.length > takenOff)
      broken.push(
        `channel ${id}: its bus was lost ${watch.breaks.length} times, of which ${takenOff} were wanted`,
      );
  if (run.renderersReplaced > 0) broken.push(`${run.renderersReplaced} renderers were replaced`);
  return broken;
}

function slowAnswers({ scrapesMs, disturbances, late }: SoakRun): string[] {
  const slow: string[] = [];
  const scrape = percentile(scrapesMs, 0.95);
  if (scrape > scrapeMsMax)
    slow.push(`/metrics takes longer than ${scrape.toFixed(0)} ms one time in twenty`);
  if (late > 0) slow.push(`${late} ticks came after their time`);
  for (const [name, { failures }] of disturbances)
    if (failures.length > 0) slow.push(`${name}: ${failures.length} failed: ${failures[0]}`);
  return slow;
}

const growing = (verdicts: readonly SeriesVerdict[]): string[] =>
  verdicts
    .filter(({ verdict }) => verdict === "grows")
    .map(({ name, slope }) => `${name} grows by ${slope?.perHour.toFixed(2)} an hour`);
