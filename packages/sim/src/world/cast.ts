import {
  type MediaTime,
  mediaTime,
  type Nanoseconds,
  nanosecondsFromMs,
  type Rational,
  rational,
  type StandInReason,
  standardRates,
} from "@retrovue/core";
import { type FaultScript, type PatternAsset, patternAsset } from "@retrovue/core/testing";
import type { Random } from "../random.js";

/** What is wrong with an asset, as the report counts it. */
export type FaultName =
  | "none"
  | "slow-open"
  | "open-rejected-once"
  | "open-rejected"
  | "open-rejected-often"
  | "open-stuck"
  | "open-deaf"
  | "probe-stuck"
  | "conform-stuck"
  | "late-reads"
  | "read-stuck"
  | "read-deaf"
  | "read-rejected"
  | "sound-rejected"
  | "sound-stuck"
  | "seek-rejected"
  | "crash-on-open"
  | "crash-on-read"
  | "short"
  | "endless"
  | "lying-times";

/** An asset of a simulated world. */
export interface Actor {
  readonly uri: string;
  readonly pattern: PatternAsset;
  readonly fault: FaultName;
  readonly script: FaultScript | undefined;
  /** True where only the first decoder opened on it goes wrong: the next one has to bring it back in time. */
  readonly isTransient: boolean;
  /** True where the second decoder plays it without fault. */
  readonly hasFallback: boolean;
  /** Length of its pictures (or sound), as promised. */
  readonly length: MediaTime;
  /** Reasons that a stand-in may truly have because of what is wrong with it. */
  readonly reasons: readonly StandInReason[];
}

/** Media rates that files come in, house rates and a few odd ones. */
const mediaRates: readonly Rational[] = [...standardRates, rational(15, 1), rational(25, 2)];

/** Stretches of a variable frame rate, nanoseconds per picture. */
const variable: readonly (readonly bigint[])[] = [
  [16_000_000n, 17_000_000n, 50_000_000n, 33_000_000n],
  [40_000_000n, 40_000_000n, 120_000_000n],
];

const faults: readonly (readonly [number, FaultName])[] = [
  [4, "slow-open"],
  [2, "open-rejected-once"],
  [1, "open-rejected"],
  [1, "open-rejected-often"],
  [1, "open-stuck"],
  [1, "open-deaf"],
  [1, "probe-stuck"],
  [1, "conform-stuck"],
  [4, "late-reads"],
  [2, "read-stuck"],
  [1, "read-deaf"],
  [3, "read-rejected"],
  [1, "sound-rejected"],
  [1, "sound-stuck"],
  [1, "seek-rejected"],
  [1, "crash-on-open"],
  [2, "crash-on-read"],
  [2, "short"],
  [1, "endless"],
  [1, "lying-times"],
];

/** Faults that may pass: a hiccup of a disk, a bit that flipped on the way. */
const transientFaults: ReadonlySet<FaultName> = new Set([
  "read-stuck",
  "read-rejected",
  "sound-rejected",
  "sound-stuck",
  "seek-rejected",
]);

/** Casts the assets of a world: good ones of every kind, and bad ones. */
export function castActors(random: Random): readonly Actor[] {
  const actors: Actor[] = [];
  for (let id = 1; id <= 10; id++) actors.push(actor(random, id, "none"));
  for (let id = 11; id <= 18; id++) actors.push(actor(random, id, random.weighted(faults)));
  return actors;
}

/** Casts assets that have nothing wrong. */
export function castGoodActors(random: Random): readonly Actor[] {
  return Array.from({ length: 10 }, (_, index) => actor(random, index + 1, "none"));
}

function actor(random: Random, id: number, fault: FaultName): Actor {
  const seconds = random.weighted([
    [2, random.int(2, 8)],
    [6, random.int(20, 120)],
  ]);
  const length = mediaTime(BigInt(seconds) * 1_000_000_000n + BigInt(random.int(0, 999)) * 1_000_000n);
  const needsPictures = fault === "conform-stuck";
  const kind = random.weighted([
    [10, "both"],
    [1, "pictures"],
    [1, needsPictures ? "both" : "sound"],
  ] as const);
  const isVariable = random.chance(12);
  // What does not fit the program is conformed, and tells how; what fits may be decoded straight into the bus.
  const isWide = random.chance(25);
  const fieldOrder = random.weighted([
    [8, "progressive"],
    [1, "top-first"],
    [1, "bottom-first"],
  ] as const);
  const uri = `test://sim/${fault}/${id}`;
  const pattern = patternAsset({
    uri,
    id,
    duration: length,
    pictures:
      kind === "sound"
        ? false
        : {
            width: 8,
            height: 2,
            mark: "compact",
            rate: random.pick(mediaRates),
            sampleAspect: isWide || fault === "conform-stuck" ? rational(16, 11) : rational(1, 1),
            fieldOrder,
            timestamps: random.pick(["exact", "exact", "90k", "ms"] as const),
            ...(isVariable && { durations: random.pick(variable) }),
          },
    sound: kind === "pictures" ? false : { sampleRate: 48_000, channels: 2, mark: "exact" },
  });
  const { script, reasons } = scripted(random, fault, pattern);
  const isTransient = transientFaults.has(fault) && random.chance(60);
  return {
    uri,
    pattern,
    fault,
    script,
    isTransient,
    hasFallback: fault !== "none" && random.chance(35),
    length,
    reasons,
  };
}

interface Scripted {
  readonly script: FaultScript | undefined;
  readonly reasons: readonly StandInReason[];
}

const ms = (value: number): Nanoseconds => nanosecondsFromMs(value);

function scripted(random: Random, fault: FaultName, pattern: PatternAsset): Scripted {
  const on = pattern.pictures === undefined ? "sound" : "picture";
  const from = random.int(1, 60);
  switch (fault) {
    case "none":
      return { script: undefined, reasons: [] };
    case "slow-open":
      return {
        script: {
          calls: [
            {
              on: "open",
              times: Number.POSITIVE_INFINITY,
              // Up to what the three seconds of preparation cover.
              move: { kind: "late", byNs: ms(random.chance(50) ? random.int(20, 2_000) : 2_900) },
            },
          ],
        },
        reasons: ["opening", "openFailed", "late"],
      };
    case "open-rejected-once":
      return {
        script: { calls: [{ on: "open", move: { kind: "reject", code: "MediaNotFound" } }] },
        reasons: ["openFailed"],
      };
    case "open-rejected":
      return {
        script: {
          calls: [
            { on: "open", times: Number.POSITIVE_INFINITY, move: { kind: "reject", code: "MediaCorrupt" } },
          ],
        },
        reasons: ["openFailed"],
      };
    case "open-rejected-often":
      return {
        script: {
          calls: [{ on: "open", times: random.int(2, 7), move: { kind: "reject", code: "MediaNotFound" } }],
        },
        reasons: ["openFailed"],
      };
    case "open-deaf":
      return {
        script: { calls: [{ on: "open", times: Number.POSITIVE_INFINITY, move: { kind: "deaf" } }] },
        // Only the end of the worker ends it.
        reasons: ["opening", "openFailed", "workerLost", "starved", "quarantined"],
      };
    case "probe-stuck":
      return {
        script: { calls: [{ on: "probe", times: Number.POSITIVE_INFINITY, move: { kind: "stuck" } }] },
        reasons: ["opening", "openFailed"],
      };
    case "conform-stuck":
      return {
        // Conforming is not the decoder's work: see the world's conformer.
        script: { calls: [] },
        reasons: ["late", "opening", "hung", "decodeFailed", "workerLost", "starved", "quarantined"],
      };
    case "open-stuck":
      return {
        script: { calls: [{ on: "open", times: Number.POSITIVE_INFINITY, move: { kind: "stuck" } }] },
        reasons: ["opening", "openFailed"],
      };
    case "late-reads":
      return {
        script: {
          calls: [
            { on, from, times: random.int(1, 40), move: { kind: "late", byNs: ms(random.int(20, 1_900)) } },
          ],
        },
        reasons: ["late", "opening"],
      };
    case "read-stuck":
      return {
        script: { calls: [{ on, from, move: { kind: "stuck" } }] },
        reasons: ["late", "hung", "opening"],
      };
    case "read-deaf":
      return {
        script: { calls: [{ on, from, move: { kind: "deaf" } }] },
        reasons: ["late", "hung", "opening", "workerLost", "starved", "quarantined", "openFailed"],
      };
    case "read-rejected":
      return {
        script: { calls: [{ on, from, move: { kind: "reject", code: "DecodeFailed" } }] },
        reasons: ["decodeFailed"],
      };
    case "sound-rejected":
      return {
        script: { calls: [{ on: "sound", from, move: { kind: "reject", code: "MediaCorrupt" } }] },
        reasons: ["decodeFailed"],
      };
    case "sound-stuck":
      return {
        script: { calls: [{ on: "sound", from, move: { kind: "stuck" } }] },
        reasons: ["hung", "late", "opening"],
      };
    case "seek-rejected":
      return {
        script: { calls: [{ on: "seek", times: 2, move: { kind: "reject", code: "DecodeFailed" } }] },
        reasons: ["decodeFailed"],
      };
    case "crash-on-open":
      return {
        script: { calls: [{ on: "open", times: Number.POSITIVE_INFINITY, move: { kind: "crash" } }] },
        reasons: ["workerLost", "starved", "opening", "quarantined"],
      };
    case "crash-on-read":
      return {
        script: { calls: [{ on, from, times: Number.POSITIVE_INFINITY, move: { kind: "crash" } }] },
        reasons: ["workerLost", "starved", "opening", "quarantined", "late"],
      };
    case "short":
      return {
        script: { picturesMax: random.int(1, 200), samplesMax: random.int(1_000, 400_000) },
        reasons: ["endedEarly"],
      };
    case "endless":
      return { script: { endless: true }, reasons: [] };
    case "lying-times":
      return {
        script: { lies: { pictureTime: { from, byNs: ms(random.int(-3_000, 3_000)) } } },
        reasons: ["late", "opening", "endedEarly", "decodeFailed"],
      };
  }
}
