import { type Nanoseconds, nsPerSecond, type ProgramFormat } from "@retrovue/core";
import type { Clip } from "@retrovue/plugin-contract";
import { Random } from "./random.ts";

/** One segment of the plan that is to air. */
export interface SeamSegment {
  readonly id: string;
  readonly clip: Clip;
  /** Nanoseconds into the clip, and of air. */
  readonly inPoint: bigint;
  readonly duration: bigint;
}

/** What is asked of a plan. */
export interface SeamPlanOptions {
  readonly clips: readonly Clip[];
  /** Cuts from one segment to another. */
  readonly seams: number;
  readonly seed: number;
  readonly format: ProgramFormat;
  /** Isolated frames one after another need more time to be prepared than they air; only for a clock that waits. */
  readonly crowded: boolean;
}

/** Nothing of a segment lies in the last part of its media, where a decoder's end is another matter. */
const tailNs = 70_000_000n;

/** A plan of mixed seams: lengths from a frame to a second, in-points anywhere, now and then the same asset going on. */
export function seamPlan(options: SeamPlanOptions): readonly SeamSegment[] {
  const random = new Random(options.seed);
  const { num, den } = options.format.frameRate;
  const frameNs = (BigInt(den) * nsPerSecond + BigInt(num) - 1n) / BigInt(num);
  const segments: SeamSegment[] = [];
  // Every clip has its turn before any comes again, each time in another order.
  let deck: Clip[] = [];
  while (segments.length <= options.seams) {
    const id = (segments.length + 1).toString(16).padStart(32, "0");
    const before = segments.at(-1);
    const on = before && random.next() < 0.1 ? continued(before, random) : undefined;
    if (on !== undefined) {
      segments.push({ ...on, id });
      continue;
    }
    if (deck.length === 0) deck = shuffled(options.clips, random);
    const clip = deck.pop();
    if (clip === undefined) throw new Error("There are no clips to make a plan of.");
    const wasShort = before !== undefined && before.duration <= 2n * frameNs;
    const mayBeShort = options.crowded || !wasShort;
    const media = mediaNs(clip) - tailNs;
    const kind = random.next();
    const length =
      kind < 0.25 && mayBeShort
        ? frameNs
        : kind < 0.65
          ? BigInt(random.whole(100_000_000, 500_000_000))
          : BigInt(random.whole(500_000_000, 1_000_000_000));
    const duration = length < media ? length : media;
    const latest = media - duration;
    // Some begin where their media does, and some on a round millisecond, as schedulers write them.
    const any = BigInt(Math.floor(random.next() * Number(latest)));
    const inPoint = random.next() < 0.3 ? 0n : random.next() < 0.5 ? any - (any % 1_000_000n) : any;
    segments.push({ id, clip, inPoint, duration });
  }
  return segments;
}

/** The same asset at exactly the out-point: a seam that nobody may see or hear. */
function continued(
  { clip, inPoint, duration }: SeamSegment,
  random: Random,
): Omit<SeamSegment, "id"> | undefined {
  const from = inPoint + duration;
  const left = mediaNs(clip) - tailNs - from;
  if (left < 100_000_000n) return undefined;
  const wanted = BigInt(random.whole(100_000_000, 500_000_000));
  return { clip, inPoint: from, duration: wanted < left ? wanted : left };
}

/** How long there is picture and sound, nanoseconds. */
function mediaNs({ truth }: Clip): bigint {
  const { pictures, sound } = truth.pattern;
  const seen = pictures?.times.at(pictures.count);
  const heard = sound && (BigInt(sound.samples) * nsPerSecond) / BigInt(sound.sampleRate);
  return seen === undefined ? (heard ?? 0n) : heard === undefined || seen < heard ? seen : heard;
}

function shuffled<T>(all: readonly T[], random: Random): T[] {
  const deck = [...all];
  for (let i = deck.length - 1; i > 0; i--) {
    const j = random.whole(0, i + 1);
    [deck[i], deck[j]] = [deck[j] as T, deck[i] as T];
  }
  return deck;
}

/** The plan as a plan file says it, beginning at `start`. */
export function planFile(segments: readonly SeamSegment[], start: Nanoseconds): string {
  return JSON.stringify({
    title: "Seams",
    start: timestamp(start),
    segments: segments.map(({ id, clip, inPoint, duration }) => ({
      id,
      uri: clip.uri,
      inPoint: seconds(inPoint),
      duration: seconds(duration),
    })),
  });
}

const seconds = (ns: bigint): string =>
  `${ns / nsPerSecond}.${(ns % nsPerSecond).toString().padStart(9, "0")}s`;

function timestamp(ns: bigint): string {
  const whole = new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19);
  return `${whole}.${(ns % nsPerSecond).toString().padStart(9, "0")}Z`;
}
