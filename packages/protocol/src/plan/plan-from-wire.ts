import {
  invalidPlan,
  type MediaTime,
  mediaTime,
  type Nanoseconds,
  nanoseconds,
  type PlanDraft,
  type PlanFault,
  PlayoutError,
  type Segment,
} from "@retrovue/core";
import type { EnumTable } from "../enums/enum-table.js";
import { aspectPolicies, planEnds, segmentKinds } from "../enums/plan-enums.js";
import { shown } from "../field/invalid-field.js";
import type { PlanSegment, PlayoutPlan } from "../gen/retrovue/playout_plans_pb.js";
import { durationFromWire, timestampFromWire } from "../time/wire-time.js";
import { planFaultsOf } from "./plan-faults.js";
import { segmentIdFromText, segmentIdOf } from "./segment-id.js";

/** What a plan's message does not say itself. */
export interface PlanContext {
  /** The revision that the plan is to have. */
  readonly revision: number;
  /**
   * How long an asset is, for segments that say no duration; undefined where that is not known. Left out: none is. See
   * `assetsOfUnknownLength` for what to find out first.
   */
  readonly lengthOf?: (uri: string) => MediaTime | undefined;
}

/**
 * The core's plan for a message: one that keeps every rule of plans, though it may not know yet when it starts.
 *
 * Throws `InvalidPlan`; `details.faults` lists every fault with its place in the words of a plan file, as
 * `segments[3].inPoint`.
 */
export function planFromWire(message: PlayoutPlan, context: PlanContext): PlanDraft {
  const { plan, faults } = readPlan(message, context);
  const all = faults.length > 0 ? faults : planFaultsOf(plan);
  if (all.length > 0) throw invalidPlan("The plan", all);
  return plan;
}

/**
 * Every fault of a message as a plan, for telling instead of throwing. Empty where `planFromWire` succeeds. What the
 * message itself gets wrong (malformed times, numbers that no enum has) comes before the rules of plans are looked at.
 */
export function planFaultsInMessage(message: PlayoutPlan, context: PlanContext): readonly PlanFault[] {
  const { plan, faults } = readPlan(message, context);
  return faults.length > 0 ? faults : planFaultsOf(plan);
}

/** The URIs, each once, of segments that say no duration: their assets' lengths are needed to make the plan. */
export function assetsOfUnknownLength(message: PlayoutPlan): readonly string[] {
  const segments = message.segments.filter(({ duration, uri }) => !duration && uri !== "");
  return [...new Set(segments.map(({ uri }) => uri))];
}

function readPlan(message: PlayoutPlan, context: PlanContext): { plan: PlanDraft; faults: PlanFault[] } {
  const reading = new Reading(context);
  const plan: PlanDraft = {
    revision: context.revision,
    start: reading.time("start", message.start),
    end: reading.word(planEnds, "end", message.end, "pad"),
    segments: message.segments.map((segment, index) => segmentOf(segment, `segments[${index}]`, reading)),
  };
  return { plan, faults: reading.faults };
}

function segmentOf(message: PlanSegment, at: string, reading: Reading): Segment {
  const { uri, title, aspect, gainDb, labels } = message;
  const unsaid = uri === "" ? "pad" : "content";
  const kind =
    message.kind === undefined ? unsaid : reading.word(segmentKinds, `${at}.kind`, message.kind, unsaid);
  const inPoint = mediaTime(reading.length(`${at}.inPoint`, message.inPoint) ?? zero);
  return {
    id: reading.id(message.id, at, [kind, uri, inPoint]),
    kind,
    asset: uri === "" ? undefined : title === "" || kind === "pad" ? { uri } : { uri, title },
    inPoint,
    duration: message.duration
      ? (reading.length(`${at}.duration`, message.duration) ?? zero)
      : reading.rest(at, uri, inPoint),
    start: reading.time(`${at}.start`, message.start),
    gainDb,
    fadeInNs: reading.length(`${at}.fadeIn`, message.fadeIn) ?? zero,
    fadeOutNs: reading.length(`${at}.fadeOut`, message.fadeOut) ?? zero,
    aspect:
      aspect === undefined ? undefined : reading.word(aspectPolicies, `${at}.aspect`, aspect, "preserve"),
    labels: { ...labels },
  };
}

const zero = nanoseconds(0n);

/** One pass over a message: reads values, and gathers what is wrong with them instead of stopping. */
class Reading {
  readonly faults: PlanFault[] = [];
  /** How often each kind, asset and in-point came without an id. */
  readonly #airings = new Map<string, number>();

  constructor(private readonly context: PlanContext) {}

  time(path: string, value: PlayoutPlan["start"]): Nanoseconds | undefined {
    return value && this.#attempt(path, () => timestampFromWire(path, value));
  }

  length(path: string, value: PlanSegment["duration"]): Nanoseconds | undefined {
    return value && this.#attempt(path, () => durationFromWire(path, value));
  }

  word<Word extends string, Wire extends number>(
    table: EnumTable<Word, Wire>,
    path: string,
    value: number,
    otherwise: Word,
  ): Word {
    return this.#attempt(path, () => table.fromWire(path, value)) ?? otherwise;
  }

  /** From the in-point to the asset's end. */
  rest(at: string, uri: string, inPoint: MediaTime): Nanoseconds {
    const length = uri === "" ? undefined : this.context.lengthOf?.(uri);
    if (length !== undefined && length > inPoint) return nanoseconds(length - inPoint);
    if (length === undefined) {
      const problem = uri === "" ? "no duration" : "no duration, and the asset's own length is not known";
      this.#fault(`${at}.duration`, problem, "a length, as 90.5s", "nothing", "Say how long it airs.");
    } else {
      const expected = `an in-point before ${length} ns`;
      this.#fault(
        `${at}.inPoint`,
        "in-point beyond the asset's end",
        expected,
        `${inPoint} ns`,
        "Begin earlier.",
      );
    }
    return zero;
  }

  /**
   * The id given, else one of what identifies an airing (kind, asset, in-point, and which of its like it is), so that
   * a segment whose gain or length was edited is still the same segment in the next revision.
   */
  id(given: string, at: string, airing: readonly (string | bigint)[]): string {
    if (given === "") {
      const like = segmentIdOf(airing);
      const before = this.#airings.get(like) ?? 0;
      this.#airings.set(like, before + 1);
      return segmentIdOf([like, before]);
    }
    const id = segmentIdFromText(given);
    if (id === undefined) {
      const remedy = "Leave it out, or give each airing a UUID of its own.";
      this.#fault(`${at}.id`, "malformed id", "a UUID or 32 hexadecimal digits", shown(given), remedy);
    }
    return id ?? given;
  }

  #attempt<T>(path: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!PlayoutError.is(error, "InvalidArgument")) throw error;
      const { expected, found } = error.details;
      this.#fault(path, "malformed value", `${expected}`, `${found}`, "Correct it.");
      return undefined;
    }
  }

  #fault(path: string, problem: string, expected: string, found: string, remedy: string): void {
    this.faults.push({ path, problem, expected, found, remedy });
  }
}
