import fc from "fast-check";
import {
  HouseGrid,
  mediaTime,
  type Nanoseconds,
  nanoseconds,
  type Plan,
  rational,
  type Segment,
} from "../src/index.js";
import { standardRates } from "../src/time/standard-rates.js";

/** 2026-03-01T00:00:00Z: a start that looks like one in the field. */
export const midnight = nanoseconds(1_772_323_200_000_000_000n);

export const ntsc = new HouseGrid(rational(30_000, 1_001), 48_000);

export const ms = (value: number | bigint): Nanoseconds => nanoseconds(BigInt(value) * 1_000_000n);

export const idOf = (n: number): string => `f${n.toString(16).padStart(31, "0")}`;

/** A good segment: ten seconds of an asset of its own, unless `how` says otherwise. */
export const segmentOf = (n: number, how: Partial<Segment> = {}): Segment => ({
  id: idOf(n),
  kind: "content",
  asset: { uri: `/media/${n}.mp4` },
  inPoint: mediaTime(0n),
  duration: ms(10_000),
  start: undefined,
  gainDb: 0,
  fadeInNs: nanoseconds(0n),
  fadeOutNs: nanoseconds(0n),
  aspect: undefined,
  labels: {},
  ...how,
});

export const planOf = (segments: Segment[], how: Partial<Plan> = {}): Plan => ({
  revision: 1,
  start: midnight,
  segments,
  end: "pad",
  ...how,
});

const centuryNs = 100n * 31_557_600n * 1_000_000_000n;

export const anyGrid = fc.constantFrom(...standardRates).map((rate) => new HouseGrid(rate, 48_000));

/** Shorter than a tick, a few ticks, a programme, whole milliseconds or not. */
const anyDuration = fc.oneof(
  fc.bigInt({ min: 1n, max: 60_000_000n }),
  fc.bigInt({ min: 1n, max: 3_000n }).map((value) => value * 1_000_000n),
  fc.bigInt({ min: 1n, max: 7_200_000_000_000n }),
  fc.constantFrom(1_001_000_000n, 30_000_000_000n, 33_366_666n, 33_366_667n),
);

const anySegments = (withGaps: boolean) =>
  fc.array(
    fc.record({
      duration: anyDuration,
      gap: withGaps ? fc.option(anyDuration, { freq: 3, nil: undefined }) : fc.constant(undefined),
      asset: fc.integer({ min: 0, max: 2 }),
      goesOn: fc.boolean(),
    }),
    { minLength: 1, maxLength: 10 },
  );

const built = (
  start: bigint,
  parts: { duration: bigint; gap: bigint | undefined; asset: number; goesOn: boolean }[],
  end: Plan["end"],
): Plan => {
  let cursor = start;
  let before: Segment | undefined;
  const segments = parts.map(({ duration, gap, asset, goesOn }, i) => {
    const own = gap === undefined ? undefined : nanoseconds(cursor + gap);
    const segment: Segment = segmentOf(i, {
      duration: nanoseconds(duration),
      start: own,
      // Going on with the asset of the segment before makes a run of media, gap or not.
      asset: goesOn && before ? before.asset : { uri: `/media/${asset}.mp4` },
      inPoint: mediaTime(goesOn && before ? before.inPoint + before.duration : BigInt(i) * 7_000_000n),
    });
    cursor = (own ?? cursor) + duration;
    before = segment;
    return segment;
  });
  return planOf(segments, { start: nanoseconds(start), end });
};

const anyStart = fc.oneof(
  fc.bigInt({ min: 0n, max: centuryNs }),
  fc.bigInt({ min: 0n, max: centuryNs / 1_000_000n }).map((value) => value * 1_000_000n),
);

/** Plans that air once, with and without gaps, anywhere in a century. */
export const anyLinearPlan = fc
  .tuple(anyStart, anySegments(true))
  .map(([start, parts]) => built(start, parts, "pad"));

/** Loops, from one tick long upwards. */
export const anyLoop = fc
  .tuple(anyStart, anySegments(false), fc.bigInt({ min: 41_708_334n, max: 2_000_000_000n }))
  .map(([start, parts, atLeast]) => {
    const plan = built(start, parts, "loop");
    const last = segmentOf(parts.length, { duration: nanoseconds(atLeast) });
    return { ...plan, segments: [...plan.segments, last] };
  });
