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

/** Stand-ins that are what is planned. */
const asPlanned = /(planned|soundOnly)$/;

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
  const slow = [...run.channels.flatMap(untouchedOf), ...slowAnswers(run)];
  const broken = [...run.channels.flatMap(brokenOf), ...brokenAtAll(run), ...growing(verdicts), ...slow];
  return { lines, broken, slow };
}

/** One channel in a line: what was seen of it. */
export function channelLine({ id, role, isEncoded, watch, runs }: SoakedChannel): string {
  const standIns = [...watch.standIns].map(([what, times]) => `${what} ${times}`).join(", ");
  const segments = runs.reduce((sum, run) => sum + run.segments, 0);
  const exact = runs.reduce((sum, run) => sum + run.exact, 0);
  return [
    `channel ${id} ${role}${isEncoded ? ", encoded" : ""}: ${watch.ticks} ticks, ${watch.missed} missed, ${watch.segments} segments`,
    `as-run ${exact} of ${segments} exact${runs.length > 1 ? ` in ${runs.length} runs` : ""}`,
    standIns === "" ? "no stand-in" : `stand-ins: ${standIns}`,
    ...(watch.atStart > 0 ? [`${watch.atStart} stand-ins at its start`] : []),
    ...(watch.notSeen > 0 ? [`${watch.notSeen} times not seen by this reader`] : []),
  ].join("; ");
}

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

function brokenOf({ id, watch, runs }: SoakedChannel): string[] {
  const broken: string[] = [];
  if (watch.ticks === 0) broken.push(`channel ${id}: nothing was seen of it`);
  if (watch.missed > 0) broken.push(`channel ${id}: ${watch.missed} ticks were missed`);
  const wrong = runs.flatMap(({ differences }) => differences.filter(({ what }) => what !== "stand-in"));
  if (wrong.length > 0)
    broken.push(
      `channel ${id}: the as-run log differs from the plan ${wrong.length} times: ${JSON.stringify(wrong[0])}`,
    );
  if (runs.length === 0) broken.push(`channel ${id}: the as-run log says nothing of it`);
  return broken;
}

function untouchedOf({ id, role, watch }: SoakedChannel): string[] {
  const unplanned = [...watch.standIns].filter(([what]) => !asPlanned.test(what));
  if (role !== "steady" || unplanned.length === 0) return [];
  const first = watch.firstStandIns.join("; ");
  return [`channel ${id}: nobody touched it, and yet ${JSON.stringify(unplanned)}: ${first}`];
}

function brokenAtAll(run: SoakRun): string[] {
  const broken: string[] = [];
  if (run.exitCode !== 0) broken.push(`the engine ended with ${run.exitCode}`);
  if (run.left.length > 0) broken.push(`left in shared memory: ${run.left.join(", ")}`);
  if (run.recordLost > 0) broken.push(`${run.recordLost} lines of the as-run log are lost or damaged`);
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
