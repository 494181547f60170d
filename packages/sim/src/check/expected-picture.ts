import {
  cadenceToleranceNs,
  type HouseGrid,
  type PictureTreatment,
  type SegmentPlace,
  type Tick,
} from "@retrovue/core";
import type { Actor } from "../world/cast.js";

/** What stays the same for all ticks of a run of media. */
interface Run {
  /** Time of the picture that the in-point selects. */
  readonly snappedIn: bigint;
  readonly endsAt: bigint;
}

/** Which picture of an asset the plan has at a tick: the oracle, by plain search over the asset's own times. */
export class ExpectedPictures {
  readonly #grid: HouseGrid;
  /** Found by the place, which is one object for as long as it airs. */
  readonly #runs = new WeakMap<SegmentPlace, Run>();

  constructor(grid: HouseGrid) {
    this.#grid = grid;
  }

  /** Undefined for an asset without pictures. */
  at(actor: Actor, place: SegmentPlace, tick: Tick): ExpectedPicture | undefined {
    const { pictures } = actor.pattern;
    if (pictures === undefined) return undefined;
    const { snappedIn, endsAt } = this.#runOf(pictures, place);
    const played = this.#grid.length(tick - place.anchor.first);
    const target = snappedIn + played;
    const frame = Math.min(pictures.count - 1, pictures.times.atOrBefore(target + cadenceToleranceNs));
    const { inPoint } = place.anchor;
    const isBeyond = inPoint + cadenceToleranceNs >= endsAt;
    const overtimeNs = isBeyond ? inPoint + played - endsAt : target - endsAt;
    return { frame, overtimeNs, field: fieldAt(pictures, frame, target, this.#grid) };
  }

  #runOf({ times, count }: Pictures, place: SegmentPlace): Run {
    const known = this.#runs.get(place);
    if (known !== undefined) return known;
    const snapped = Math.min(count - 1, times.atOrBefore(place.anchor.inPoint + cadenceToleranceNs));
    // The last picture is shown for as long as pictures last before it; a rounding more or less decides nothing.
    const run = { snappedIn: times.at(snapped), endsAt: times.at(count) };
    this.#runs.set(place, run);
    return run;
  }
}

type Pictures = NonNullable<Actor["pattern"]["pictures"]>;

/** Which field airs: both, where a picture is not interlaced or lasts less than a tick and a half. */
function fieldAt(
  { times, fieldOrder }: Pictures,
  frame: number,
  target: bigint,
  grid: HouseGrid,
): PictureTreatment["field"] {
  if (fieldOrder === "progressive") return "both";
  const begins = times.at(frame);
  const length = times.at(frame + 1) - begins;
  if (length * 2n < grid.length(3)) return "both";
  return (target + cadenceToleranceNs - begins) * 2n < length ? "first" : "second";
}

/** The picture that is planned at a tick. */
export interface ExpectedPicture {
  readonly field: PictureTreatment["field"];
  readonly frame: number;
  /** How far the tick lies past the end of the media; negative inside of it. */
  readonly overtimeNs: bigint;
}
