import { fadeAlphaAt, type Place, type SegmentPlace, sameMedia, type Tick, tickAfter } from "@retrovue/core";
import type { Facts } from "../world/facts.js";

/** Samples of a 2 ms ramp at a cut. */
const cutSamples = 96;

/** What the plan makes of one tick's sound: gain, fades, and the ramps at a cut. */
export interface SampleShape {
  readonly gain: number;
  readonly isFaded: boolean;
  /** True where samples air as they are. */
  readonly isPlain: boolean;
  /** True where nothing is done to samples but that they have their gain. */
  readonly isLevel: boolean;
  /** The samples that no cut's ramp reaches: from the one to before the other. */
  readonly cutIn: number;
  readonly cutOut: number;
  /** Amplitude of the cut's ramp; 1 outside of it. */
  cutAt(i: number): number;
  /** A sample under its fades, but for the cut's ramp. */
  uncut(i: number, source: number): number;
}

/** Most ticks: samples air as they are. */
const plain: SampleShape = Object.freeze({
  gain: 1,
  isFaded: false,
  isPlain: true,
  isLevel: true,
  cutIn: 0,
  cutOut: Number.POSITIVE_INFINITY,
  cutAt: () => 1,
  uncut: (_: number, source: number) => source,
});

/** Works out what the plan in force makes of a tick's sound. */
export function shapeOf(place: SegmentPlace, tick: Tick, facts: Facts): SampleShape {
  const { grid, timeline } = facts;
  const { gainDb, fadeInNs, fadeOutNs } = place.segment;
  const hasFades = fadeInNs > 0n || fadeOutNs > 0n;
  const from = hasFades ? fadeAlphaAt(place, tick, grid) : 1;
  const to = hasFades ? fadeAlphaAt(place, tickAfter(tick, 1), grid) : 1;
  const samples = grid.samplesIn(tick);
  const isFirst = tick === place.first && !sameMedia(timeline.at((tick - 1) as Tick), place);
  const isLast = tick + 1 === place.end && !isContinued(place, timeline.placesFrom(place.end, 1)[0]);
  const cutIn = isFirst ? cutSamples : 0;
  const cutOut = isLast ? samples - cutSamples : samples;
  if (!hasFades && gainDb === 0 && !isFirst && !isLast) return plain;
  const gain = gainDb === 0 ? 1 : 10 ** (gainDb / 20);
  const isFaded = from !== 1 || to !== 1;
  const isUnramped = !isFaded && cutIn === 0 && cutOut === samples;
  const cutAt = (i: number) => {
    if (i < cutIn) return i / cutSamples;
    return i > cutOut ? (samples - i) / cutSamples : 1;
  };
  return {
    gain,
    isFaded,
    isPlain: isUnramped && gain === 1,
    isLevel: isUnramped,
    cutIn,
    cutOut,
    cutAt,
    uncut: (i, source) => source * gain * (from + ((to - from) * i) / samples),
  };
}

const isContinued = (place: Place, next: Place | undefined): boolean =>
  next !== undefined && sameMedia(place, next);
