import {
  cadenceToleranceNs,
  createPlan,
  HouseGrid,
  invariant,
  mediaTime,
  type Nanoseconds,
  nsPerSecond,
  type Place,
  type ProgramFormat,
  type Segment,
  type SegmentPlace,
  sameMedia,
  type Tick,
  Timeline,
  tickAfter,
} from "@retrovue/core";
import type { Clip } from "@retrovue/plugin-contract";
import type { SeamSegment } from "./seam-plan.ts";

/** What the plan has at a tick. */
export interface ExpectedTick {
  readonly tick: Tick;
  /** Where in the plan; -1 before and after it. */
  readonly segment: number;
  /** Whose marks picture and sound have; undefined for black and silence. */
  readonly clip: Clip | undefined;
  /** Number of the picture in its clip; undefined for black. */
  readonly frame: number | undefined;
  /** Place of the tick's first sample in the clip's sound, in samples of the channel; undefined for silence. */
  readonly position: number | undefined;
  /** True where the sound begins, or ends, with a cut: its first, or last, 2 ms are under a ramp. */
  readonly cutIn: boolean;
  readonly cutOut: boolean;
}

/** What airs, by the pure timeline and by what is true of the clips alone: no decoder was asked. */
export class ExpectedAir {
  readonly grid: HouseGrid;
  readonly segments: readonly SeamSegment[];
  /** The first tick of the plan, and the first after it. */
  readonly first: Tick;
  readonly end: Tick;
  readonly #timeline: Timeline;
  readonly #rate: number;

  constructor(segments: readonly SeamSegment[], start: Nanoseconds, format: ProgramFormat) {
    this.segments = segments;
    this.grid = new HouseGrid(format.frameRate, format.sampleRate);
    this.#rate = format.sampleRate;
    const plan = createPlan({ revision: 1, start, end: "pad", segments: segments.map(planned) });
    this.#timeline = new Timeline(plan, this.grid);
    this.first = this.grid.tickAtOrAfter(start);
    const length = segments.reduce((sum, { duration }) => sum + duration, 0n);
    this.end = this.grid.tickAtOrAfter((start + length) as Nanoseconds);
  }

  at(tick: Tick): ExpectedTick {
    const place = this.#timeline.at(tick);
    if (place.in !== "segment") {
      return {
        tick,
        segment: -1,
        clip: undefined,
        frame: undefined,
        position: undefined,
        cutIn: false,
        cutOut: false,
      };
    }
    const { clip } = this.segments[place.index] ?? {};
    invariant(clip !== undefined, "the timeline is of these segments");
    return {
      tick,
      segment: place.index,
      clip,
      frame: this.#frameAt(clip, place, tick),
      position: this.#positionAt(clip, place, tick),
      cutIn: tick === place.first && !goesOn(this.#placeAt(tickAfter(tick, -1)), place),
      cutOut: tick + 1 === place.end && !goesOn(place, this.#placeAt(tickAfter(tick, 1))),
    };
  }

  #placeAt(tick: Tick): Place {
    return new Timeline(this.#timeline.plan, this.grid).at(tick);
  }

  #frameAt({ truth }: Clip, { anchor }: SegmentPlace, tick: Tick): number | undefined {
    const { pictures } = truth.pattern;
    if (pictures === undefined) return undefined;
    const { times } = pictures;
    const snappedIn = times.at(times.atOrBefore(anchor.inPoint + cadenceToleranceNs));
    return times.atOrBefore(snappedIn + this.grid.length(tick - anchor.first) + cadenceToleranceNs);
  }

  #positionAt({ truth }: Clip, { anchor }: SegmentPlace, tick: Tick): number | undefined {
    if (truth.pattern.sound === undefined) return undefined;
    const from = Number((anchor.inPoint * BigInt(this.#rate) + nsPerSecond / 2n) / nsPerSecond);
    return from + this.grid.sampleAt(tick) - this.grid.sampleAt(anchor.first);
  }
}

const goesOn = (before: Place, after: Place): boolean =>
  before.in === "segment" && after.in === "segment" && sameMedia(before, after);

const planned = ({ id, clip, inPoint, duration }: SeamSegment): Segment => ({
  id,
  kind: "content",
  asset: { uri: clip.uri },
  inPoint: mediaTime(inPoint),
  duration: duration as Nanoseconds,
  start: undefined,
  gainDb: 0,
  fadeInNs: 0n as Nanoseconds,
  fadeOutNs: 0n as Nanoseconds,
  aspect: undefined,
  labels: {},
});
