import { HouseGrid, type Plan, rational, type Tick, Timeline } from "@retrovue/core";
import type { AsRunLine, AsRunLineOf } from "./as-run-line.js";

/** Ticks at which something else aired than was planned, or of which the record contradicts itself. */
export interface AsRunDifference {
  /**
   * `missing`: planned, and nothing aired. `unplanned`: nothing is planned there. `other`: another segment than planned.
   * `stand-in`: in place of what is planned. `contradiction`: two lines that cannot both be true.
   */
  readonly what: "missing" | "unplanned" | "other" | "stand-in" | "contradiction";
  readonly from: number;
  readonly end: number;
  /** Id of the planned segment. */
  readonly planned?: string;
  /** Id of the segment that aired. */
  readonly aired?: string;
  /** The asset that is concerned. */
  readonly uri?: string;
  readonly detail?: string;
}

/** How one time on air of a channel compares with its plan. */
export interface RunComparison {
  readonly channel: number;
  readonly name: string;
  readonly frameRate: string;
  /** The plan's revision; undefined where none was given. */
  readonly revision: number | undefined;
  /** What was compared; empty where nothing aired under the plan. */
  readonly from: number;
  readonly end: number;
  /** Segments planned in it, and those of them that aired whole, on their ticks, without a stand-in. */
  readonly segments: number;
  readonly exact: number;
  /** Segments that aired under other revisions and were not compared. */
  readonly notCompared: number;
  readonly workersReplaced: number;
  readonly differences: readonly AsRunDifference[];
}

/** A plan to compare with. */
export interface PlanToCompare {
  readonly plan: Plan;
  /** True: it was in force whenever the channel was on air. False: from its revision's lines on. */
  readonly isForAll: boolean;
}

/** One time of a channel on air, as the record has it. */
interface Run {
  readonly started: AsRunLineOf<"started">;
  readonly changes: AsRunLineOf<"planned">[];
  readonly began: AsRunLineOf<"began">[];
  readonly aired: AsRunLineOf<"aired">[];
  readonly standIns: AsRunLineOf<"stand-in">[];
  workersReplaced: number;
  /** The first tick that nothing is known of. */
  end: number;
  /** What is on air as far as the record goes. */
  onAir: AsRunLineOf<"began"> | undefined;
  /** True where its end stands in the record; else its engine was killed, or it is on air yet. */
  hasEnded: boolean;
  /** True where somebody wanted it off air from there on. */
  wasStopped: boolean;
  /** The first tick that is in nobody's record, where the channel should have been on air since then; else its first. */
  readonly since: number;
  /** Of the ticks before its first one: why nothing is known of them. */
  readonly gap: string;
}

interface Range {
  readonly from: number;
  readonly end: number;
  readonly id: string;
  readonly uri: string | undefined;
}

/** Stand-ins that are what was planned. */
const asPlanned: ReadonlySet<string> = new Set(["planned", "soundOnly", "none"]);

/** Why nothing is known of what was due before a run. What a killed engine aired after its last line nobody can say. */
const gaps = { killed: "not in the record: the engine was killed", away: "no engine had it on air" } as const;

/** Places looked up at a time. */
const placesAtOnce = 256;

/** Compares each time that a channel was on air with its plan, tick by tick. Lines as they stand in the files, oldest first. */
export function checkAsRun(
  lines: Iterable<AsRunLine>,
  planOf: (channel: number) => PlanToCompare | undefined,
): RunComparison[] {
  return runsOf(lines).map((run) => compare(run, planOf(run.started.channel)));
}

function runsOf(lines: Iterable<AsRunLine>): Run[] {
  const runs: Run[] = [];
  const open = new Map<number, Run>();
  for (const line of lines) {
    if (line.type === "lost") continue;
    if (line.type === "started") {
      const before = open.get(line.channel);
      const opened: Run = {
        started: line,
        changes: [],
        began: [],
        aired: [],
        standIns: [],
        workersReplaced: 0,
        end: line.tick,
        onAir: undefined,
        hasEnded: false,
        wasStopped: false,
        since: sinceOf(line, before),
        gap: before?.hasEnded === false ? gaps.killed : gaps.away,
      };
      runs.push(opened);
      open.set(line.channel, opened);
      continue;
    }
    const run = open.get(line.channel);
    // Its beginning was pruned: of what remains, nobody can say under which plan it aired.
    if (run !== undefined) take(run, line);
  }
  return runs;
}

/**
 * A plan that goes on when the channel comes back was due all the while: its engine ended, or was killed. Whoever stops a channel by a
 * call ends its plan, and while nobody watches nothing is due, nor until a viewer has it begin.
 */
function sinceOf({ tick, revision, frameRate, by }: AsRunLineOf<"started">, before: Run | undefined): number {
  if (by === "demand" || before === undefined || before.wasStopped || before.started.frameRate !== frameRate)
    return tick;
  const last = before.changes.at(-1)?.revision ?? before.started.revision;
  return last === revision ? Math.min(before.end, tick) : tick;
}

function take(run: Run, line: Exclude<AsRunLine, { type: "lost" | "started" }>): void {
  switch (line.type) {
    case "planned":
      run.changes.push(line);
      return;
    case "began":
      run.began.push(line);
      run.onAir = line;
      run.end = Math.max(run.end, line.tick);
      return;
    case "aired":
      run.aired.push(line);
      run.onAir = undefined;
      run.end = Math.max(run.end, line.end);
      return;
    case "stand-in":
      run.standIns.push(line);
      // It tells that the channel was on air until then. What other lines tell of may lie ahead: a plan's first tick, a successor's.
      if (run.onAir !== undefined) run.end = Math.max(run.end, Math.min(line.end, run.onAir.end));
      return;
    case "worker-replaced":
      run.workersReplaced += 1;
      return;
    case "stopped":
      // A stand-in may have been told to its end, ahead of house time, and the channel stopped before that came.
      run.end = Math.max(run.aired.at(-1)?.end ?? line.tick, line.tick);
      run.hasEnded = true;
      run.wasStopped = line.by !== undefined && line.by !== "engine";
  }
}

function compare(run: Run, wanted: PlanToCompare | undefined): RunComparison {
  const { started, aired } = run;
  const { channel, name, frameRate } = started;
  const from = wanted === undefined ? run.end : inForceFrom(run, wanted);
  const window = { from: Math.min(from, run.end), end: run.end };
  const contradictions = aired.flatMap((line) => contradictionsOf(line, run.standIns));
  const within = aired.filter(({ end }) => end > window.from);
  const planned = wanted === undefined ? [] : plannedRanges(gridOf(started), wanted.plan, window);
  const shown = [...within, ...stillOnAir(run)].map(({ from, end, segment: { id, uri } }) => ({
    from,
    end,
    id,
    uri,
  }));
  const differences = [
    ...differencesOf(planned, shown, window).flatMap((one) => unrecorded(one, started.tick, run.gap)),
    ...(wanted === undefined ? [] : standInsOf(run.standIns, planned, window)),
    ...contradictions,
  ].sort((a, b) => a.from - b.from);
  const isTouched = (range: Range) =>
    differences.some((difference) => difference.from < range.end && range.from < difference.end);
  return {
    channel,
    name,
    frameRate,
    revision: wanted?.plan.revision,
    ...window,
    segments: planned.length,
    exact: planned.filter((range) => !isTouched(range)).length,
    notCompared: aired.length - within.length,
    workersReplaced: run.workersReplaced,
    differences,
  };
}

/** What began and never ended in the record, as far as that goes. */
function stillOnAir({ onAir, end }: Run): Pick<AsRunLineOf<"aired">, "from" | "end" | "segment">[] {
  return onAir === undefined || end <= onAir.tick ? [] : [{ from: onAir.tick, end, segment: onAir.segment }];
}

/** What is due before a run begins is in nobody's record, which is another matter than a segment that did not air in it. */
function unrecorded(difference: AsRunDifference, begun: number, gap: string): AsRunDifference[] {
  const { from, end } = difference;
  if (from >= begun) return [difference];
  const before = { ...difference, end: Math.min(end, begun), detail: gap };
  return end <= begun ? [before] : [before, { ...difference, from: begun }];
}

function inForceFrom({ started, changes, end, since }: Run, { plan, isForAll }: PlanToCompare): number {
  if (isForAll || started.revision === plan.revision) return since;
  return changes.find(({ revision }) => revision === plan.revision)?.tick ?? end;
}

function gridOf({ frameRate, sampleRate }: AsRunLineOf<"started">): HouseGrid {
  const [num = 0, den = 0] = frameRate.split("/").map(Number);
  return new HouseGrid(rational(num, den), sampleRate);
}

function plannedRanges(
  grid: HouseGrid,
  plan: Plan,
  window: { readonly from: number; readonly end: number },
): Range[] {
  const timeline = new Timeline(plan, grid);
  const ranges: Range[] = [];
  let at = window.from;
  while (at < window.end) {
    const places = timeline.placesFrom(at as Tick, placesAtOnce);
    if (places.length === 0) break;
    for (const place of places) {
      if (at >= window.end) break;
      if (place.in === "segment") {
        const { id, asset } = place.segment;
        ranges.push({ from: at, end: Math.min(place.end, window.end), id, uri: asset?.uri });
      }
      at = place.end;
    }
  }
  return ranges;
}

function differencesOf(
  planned: readonly Range[],
  aired: readonly Range[],
  window: { readonly from: number; readonly end: number },
): AsRunDifference[] {
  const cuts = [...planned, ...aired].flatMap(({ from, end }) => [from, end]);
  const edges = [...new Set([window.from, ...cuts, window.end])]
    .filter((edge) => edge >= window.from && edge <= window.end)
    .sort((a, b) => a - b);
  const wanted = new Cursor(planned);
  const shown = new Cursor(aired);
  const found: AsRunDifference[] = [];
  for (const [index, from] of edges.entries()) {
    const end = edges[index + 1];
    if (end === undefined) break;
    const [plan, air] = [wanted.at(from), shown.at(from)];
    if (plan?.id === air?.id) continue;
    const what = plan === undefined ? "unplanned" : air === undefined ? "missing" : "other";
    const uri = plan?.uri ?? air?.uri;
    const last = found.at(-1);
    if (last?.end === from && last.what === what && last.planned === plan?.id && last.aired === air?.id) {
      found[found.length - 1] = { ...last, end };
      continue;
    }
    found.push({
      what,
      from,
      end,
      ...(plan && { planned: plan.id }),
      ...(air && { aired: air.id }),
      ...(uri !== undefined && { uri }),
    });
  }
  return found;
}

/** Finds the range at ticks that never go back. Ranges in order, none over another. */
class Cursor {
  readonly #ranges: readonly Range[];
  #index = 0;

  constructor(ranges: readonly Range[]) {
    this.#ranges = ranges;
  }

  at(tick: number): Range | undefined {
    while ((this.#ranges[this.#index]?.end ?? Number.POSITIVE_INFINITY) <= tick) this.#index += 1;
    const range = this.#ranges[this.#index];
    return range !== undefined && range.from <= tick ? range : undefined;
  }
}

function standInsOf(
  standIns: readonly AsRunLineOf<"stand-in">[],
  planned: readonly Range[],
  window: { readonly from: number; readonly end: number },
): AsRunDifference[] {
  return standIns.flatMap(({ from, end, kind, reason }) => {
    if (asPlanned.has(reason)) return [];
    const clipped = { from: Math.max(from, window.from), end: Math.min(end, window.end) };
    if (clipped.end <= clipped.from) return [];
    const over = planned.find((range) => range.from <= clipped.from && clipped.from < range.end);
    const { id, uri } = over ?? {};
    return [
      {
        what: "stand-in" as const,
        ...clipped,
        detail: `${kind}, ${reason}`,
        ...(id !== undefined && { planned: id, aired: id }),
        ...(uri !== undefined && { uri }),
      },
    ];
  });
}

/** What cannot be true of an airing: its ticks do not add up, or its stand-ins are not those that were told one by one. */
function contradictionsOf(
  line: AsRunLineOf<"aired">,
  standIns: readonly AsRunLineOf<"stand-in">[],
): AsRunDifference[] {
  const { from, end, segment } = line;
  const said = line.standIns.reduce((sum, { ticks }) => sum + ticks, 0);
  const told = standIns.reduce(
    (sum, one) => sum + Math.max(0, Math.min(end, one.end) - Math.max(from, one.from)),
    0,
  );
  const base = { what: "contradiction" as const, from, end, aired: segment.id };
  const found: AsRunDifference[] = [];
  if (line.asPlanned + said !== end - from) {
    found.push({
      ...base,
      detail: `${line.asPlanned} as planned and ${said} stand-ins in ${end - from} ticks`,
    });
  }
  if (said !== told)
    found.push({ ...base, detail: `${said} ticks of stand-ins here, ${told} told one by one` });
  return found;
}
