import { noSegmentId } from "../bus/frame-meta.js";
import type { AspectPolicy } from "../media/program-format.js";
import { nsPerMs } from "../time/units.js";
import { durationOf } from "./layout.js";
import type { Plan, PlanEnd, Segment, SegmentKind } from "./plan.js";

/** One thing that is wrong in a plan: where, what, and what to do about it. */
export interface PlanFault {
  /** Place in the plan, as `segments[3].duration`. */
  readonly path: string;
  /** What is wrong, in a few words. */
  readonly problem: string;
  readonly expected: string;
  readonly found: string;
  /** What whoever wrote the plan should change. */
  readonly remedy: string;
}

/** How large a plan and what is in it may be. */
export interface PlanBounds {
  readonly segmentsMax: number;
  readonly uriCharactersMax: number;
  readonly titleCharactersMax: number;
  readonly labelsMax: number;
  readonly labelKeyCharactersMax: number;
  readonly labelValueCharactersMax: number;
  readonly gainDbMin: number;
  readonly gainDbMax: number;
  readonly loopNsMin: bigint;
  readonly loopNsMax: bigint;
  /** Latest house time at which a segment may end, and the latest in-point. */
  readonly timeNsMax: bigint;
}

/** The bounds that hold unless others are given. */
export const planBounds: PlanBounds = Object.freeze({
  segmentsMax: 20_000,
  uriCharactersMax: 4_096,
  titleCharactersMax: 256,
  labelsMax: 16,
  labelKeyCharactersMax: 64,
  labelValueCharactersMax: 1_024,
  gainDbMin: -60,
  gainDbMax: 24,
  // One tick at 24000/1001, the slowest standard rate: 41 708 333.3 ns, rounded up.
  loopNsMin: 41_708_334n,
  // 30 days; also keeps offsets within a loop below 2^53 ns, where they are exact as numbers.
  loopNsMax: 30n * 86_400n * 1_000_000_000n,
  // What an int64 of nanoseconds holds: the year 2262.
  timeNsMax: 2n ** 63n - 1n,
});

const kinds: readonly SegmentKind[] = ["content", "filler", "pad"];
const aspects: readonly AspectPolicy[] = ["preserve", "stretch", "crop"];
const ends: readonly PlanEnd[] = ["pad", "loop"];
const wellFormedId = /^[0-9a-f]{32}$/;

/**
 * Every fault of the plan, in the order of its fields and segments; an empty list for a good plan. Segments beyond
 * `segmentsMax` are counted but not looked at. Nothing is thrown and nothing is changed.
 */
export function validatePlan(input: Plan, bounds: Partial<PlanBounds> = {}): PlanFault[] {
  const faults: PlanFault[] = [];
  const limits = { ...planBounds, ...bounds };
  checkHead(input, limits, faults);
  const idsSeen = new Map<string, number>();
  const line: TimeLine = { end: input.start, start: input.start, beyond: false };
  const count = Math.min(input.segments.length, limits.segmentsMax);
  for (let i = 0; i < count; i++) {
    const segment = input.segments[i];
    if (segment === undefined) continue;
    const at = `segments[${i}]`;
    const fault: Report = (field, problem, expected, found, remedy) =>
      faults.push({ path: `${at}.${field}`, problem, expected, found, remedy });
    checkId(segment, i, idsSeen, fault);
    checkAsset(segment, limits, fault);
    checkTimes(segment, i, input.end, line, limits, fault);
    checkTreatment(segment, limits, fault);
    checkLabels(segment, limits, fault);
  }
  if (input.end === "loop") checkLoopLength(input, limits, faults);
  return faults;
}

type Report = (field: string, problem: string, expected: string, found: string, remedy: string) => void;

/** Where the walk along the segments stands, in house time. */
interface TimeLine {
  start: bigint;
  end: bigint;
  /** Set once the plan has passed the last time there is, so that this is told once. */
  beyond: boolean;
}

function checkHead(plan: Plan, limits: PlanBounds, faults: PlanFault[]): void {
  const fault: Report = (path, problem, expected, found, remedy) =>
    faults.push({ path, problem, expected, found, remedy });
  if (!Number.isSafeInteger(plan.revision) || plan.revision < 1) {
    const remedy = "Number revisions from 1 and add one for each change.";
    fault("revision", "the revision is not a positive whole number", "1 or more", `${plan.revision}`, remedy);
  }
  if (plan.start < 0n) {
    const remedy = "Give the house time of the first segment in nanoseconds since the Unix epoch.";
    fault("start", "the plan starts before the epoch", "0 or later", describeNs(plan.start), remedy);
  }
  if (!ends.includes(plan.end)) {
    fault("end", "unknown end", ends.join(" or "), quoted(plan.end), "Choose one of the two.");
  }
  const count = plan.segments.length;
  if (count === 0) {
    const remedy = "Add a segment; one of kind pad airs black and silence.";
    fault("segments", "the plan is empty", "at least one segment", "none", remedy);
  } else if (count > limits.segmentsMax) {
    const remedy = "Split the plan and append the rest while it airs.";
    fault("segments", "too many segments", `at most ${limits.segmentsMax}`, `${count}`, remedy);
  }
}

function checkId(segment: Segment, index: number, seen: Map<string, number>, fault: Report): void {
  const { id } = segment;
  if (!wellFormedId.test(id)) {
    const remedy = "Write a UUID without its dashes, in lower case.";
    fault("id", "malformed id", "32 hexadecimal digits, lower case", quoted(id), remedy);
  } else if (id === noSegmentId) {
    const remedy = "All zeros means no segment; choose another id.";
    fault("id", "reserved id", "any id but all zeros", quoted(id), remedy);
  }
  const earlier = seen.get(id);
  if (earlier === undefined) seen.set(id, index);
  else {
    const remedy = "Give each airing an id of its own.";
    fault("id", "duplicate id", "an id used once in the plan", `that of segments[${earlier}]`, remedy);
  }
}

function checkAsset({ kind, asset }: Segment, limits: PlanBounds, fault: Report): void {
  if (!kinds.includes(kind)) {
    fault("kind", "unknown kind", kinds.join(", "), quoted(kind), "Choose one of the three.");
  }
  if (kind === "pad" && asset !== undefined) {
    const remedy = "Remove the asset, or make the segment content or filler.";
    fault("asset", "a pad has an asset", "no asset", quoted(asset.uri), remedy);
  }
  if (kind !== "pad" && asset === undefined) {
    const remedy = "Name an asset, or make the segment a pad.";
    fault("asset", "no asset", `an asset for a segment of kind ${kind}`, "none", remedy);
  }
  if (asset === undefined) return;
  const { length } = asset.uri;
  if (length === 0) {
    fault("asset.uri", "empty uri", "a path or URI", quoted(""), "Name an asset, or make the segment a pad.");
  } else if (length > limits.uriCharactersMax) {
    const expected = `at most ${limits.uriCharactersMax} characters`;
    fault("asset.uri", "uri too long", expected, `${length}`, "Shorten the path.");
  }
  if (asset.uri.includes("\0")) {
    // A path ends at its first NUL in every system call, so it would name another file.
    fault("asset.uri", "NUL in uri", "no NUL character", quoted(asset.uri), "Remove it.");
  }
  const titleLength = asset.title?.length ?? 0;
  if (titleLength > limits.titleCharactersMax) {
    const expected = `at most ${limits.titleCharactersMax} characters`;
    fault("asset.title", "title too long", expected, `${titleLength}`, "Shorten the title.");
  }
}

function checkTimes(
  segment: Segment,
  index: number,
  end: PlanEnd,
  line: TimeLine,
  limits: PlanBounds,
  fault: Report,
): void {
  const { inPoint, duration, start } = segment;
  if (inPoint < 0n) {
    const remedy = "Count from the first shown picture of the asset.";
    fault("inPoint", "negative in-point", "0 or later", describeNs(inPoint), remedy);
  } else if (inPoint > limits.timeNsMax) {
    const remedy = "Give nanoseconds from the start of the asset.";
    fault("inPoint", "in-point too late", `at most ${limits.timeNsMax} ns`, describeNs(inPoint), remedy);
  }
  if (duration <= 0n) {
    const remedy = "Remove the segment or say how long it airs.";
    fault("duration", "no duration", "more than 0", describeNs(duration), remedy);
  }
  if (start !== undefined) {
    if (start < 0n) {
      const remedy = "Give house time in nanoseconds since the Unix epoch.";
      fault("start", "starts before the epoch", "0 or later", describeNs(start), remedy);
    }
    if (end === "loop") {
      const remedy = "Remove the start, or let the plan end in pad.";
      fault("start", "a start of its own in a loop", "no start", describeNs(start), remedy);
    }
    if (index > 0 && start < line.start) {
      const found = `${describeNs(line.start - start)} before segments[${index - 1}] starts`;
      const remedy = "Order the segments by time.";
      fault("start", "starts go back", `no earlier than segments[${index - 1}] ends`, found, remedy);
    } else if (index > 0 && start < line.end) {
      const found = `${describeNs(line.end - start)} before segments[${index - 1}] ends`;
      const remedy = `Shorten segments[${index - 1}] or start later by as much.`;
      fault("start", "overlaps", `no earlier than segments[${index - 1}] ends`, found, remedy);
    }
    line.end = start;
  }
  line.start = line.end;
  if (duration > 0n) line.end += duration;
  if (line.end > limits.timeNsMax && !line.beyond) {
    line.beyond = true;
    const found = `${line.end} ns since the epoch`;
    const remedy = "Check the unit of starts and durations: both are nanoseconds.";
    fault("duration", "ends too late", `an end by ${limits.timeNsMax} ns`, found, remedy);
  }
}

function checkTreatment(segment: Segment, limits: PlanBounds, fault: Report): void {
  const { gainDb, fadeInNs, fadeOutNs, duration, aspect } = segment;
  // Written so that NaN is refused.
  if (!(gainDb >= limits.gainDbMin && gainDb <= limits.gainDbMax)) {
    const expected = `${limits.gainDbMin} to ${limits.gainDbMax} dB`;
    fault("gainDb", "gain out of range", expected, `${gainDb}`, "0 leaves the sound untouched.");
  }
  if (fadeInNs < 0n) {
    fault("fadeInNs", "negative fade", "0 or more", describeNs(fadeInNs), "0 is no fade.");
  }
  if (fadeOutNs < 0n) {
    fault("fadeOutNs", "negative fade", "0 or more", describeNs(fadeOutNs), "0 is no fade.");
  }
  if (duration > 0n && fadeInNs >= 0n && fadeOutNs >= 0n && fadeInNs + fadeOutNs > duration) {
    const expected = `at most ${describeNs(duration)} for both fades`;
    const field = fadeInNs > duration ? "fadeInNs" : "fadeOutNs";
    const remedy = "Shorten the fades or lengthen the segment.";
    fault(field, "fades longer than the segment", expected, describeNs(fadeInNs + fadeOutNs), remedy);
  }
  if (aspect !== undefined && !aspects.includes(aspect)) {
    const remedy = "Leave it out for the channel's own.";
    fault("aspect", "unknown aspect policy", aspects.join(", "), quoted(aspect), remedy);
  }
}

function checkLabels({ labels }: Segment, limits: PlanBounds, fault: Report): void {
  const keys = Object.keys(labels);
  if (keys.length > limits.labelsMax) {
    const expected = `at most ${limits.labelsMax} labels`;
    fault("labels", "too many labels", expected, `${keys.length}`, "Keep what events and as-run need.");
    return;
  }
  for (const key of keys) {
    if (key.length === 0 || key.length > limits.labelKeyCharactersMax) {
      const expected = `1 to ${limits.labelKeyCharactersMax} characters`;
      fault(
        `labels[${quoted(key)}]`,
        "bad length of a label's name",
        expected,
        `${key.length}`,
        "Rename it.",
      );
    }
    const valueLength = labels[key]?.length ?? 0;
    if (valueLength > limits.labelValueCharactersMax) {
      const expected = `at most ${limits.labelValueCharactersMax} characters`;
      fault(`labels[${quoted(key)}]`, "label too long", expected, `${valueLength}`, "Shorten it.");
    }
  }
}

function checkLoopLength(plan: Plan, limits: PlanBounds, faults: PlanFault[]): void {
  if (plan.segments.length === 0 || plan.segments.length > limits.segmentsMax) return;
  const length = durationOf(plan.segments);
  const path = "segments";
  const found = describeNs(length);
  if (length < limits.loopNsMin) {
    const expected = `at least one tick, ${describeNs(limits.loopNsMin)}`;
    const remedy = "Lengthen a segment, or let the plan end in pad.";
    faults.push({ path, problem: "the loop is shorter than a tick", expected, found, remedy });
  } else if (length > limits.loopNsMax) {
    const expected = `at most ${describeNs(limits.loopNsMax)}`;
    const remedy = "Split the plan and replace it while it airs.";
    faults.push({ path, problem: "the loop is longer than 30 days", expected, found, remedy });
  }
}

/** Exact, in the larger unit where that is whole. */
const describeNs = (ns: bigint): string => (ns % nsPerMs === 0n ? `${ns / nsPerMs} ms` : `${ns} ns`);

/** Quoted and cut, since it comes from outside and goes into a log line. */
const quoted = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
