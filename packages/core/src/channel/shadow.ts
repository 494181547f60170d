import type { AssetRef } from "../media/asset.js";
import type { SegmentPlace } from "../plan/place.js";
import { type MediaTime, nanoseconds, nsPerSecond, type Tick } from "../time/units.js";
import type { Source } from "./source.js";

/** An asset that is kept ready beside what is on air, for a segment of a plan that is to come. */
export interface Preview {
  /** The id that the segment will have. */
  readonly segmentId: string;
  readonly asset: AssetRef;
  readonly inPoint: MediaTime;
}

/** What opens a preview's source and is told of its end. */
export interface ShadowOptions {
  /** Opens a source whose tick is not known yet. */
  readonly open: (place: SegmentPlace) => Source;
  /** A source is not wanted any more. */
  readonly retire: (source: Source) => void;
}

/**
 * Until the preview's tick is known it is kept as if it began here: any tick will do, since nothing of it is asked for; a small one
 * keeps every number derived from it small.
 */
const nowhere = 0 as Tick;

/** Keeps the asset of a preview open and primed in the shadow, until a plan puts its segment on air or another preview takes its place. */
export class Shadow {
  readonly #options: ShadowOptions;
  #preview: Preview | undefined;
  #source: Source | undefined;

  constructor(options: ShadowOptions) {
    this.#options = options;
  }

  /** Takes the place of what was kept before. */
  set(preview: Preview | undefined): void {
    if (this.#source !== undefined) this.#options.retire(this.#source);
    this.#preview = preview;
    this.#source = preview && this.#options.open(placeOf(preview));
  }

  /** What was kept for a place, which is the caller's from then on; undefined where it was for another one. */
  take(place: SegmentPlace): Source | undefined {
    const preview = this.#preview;
    const isMeant =
      preview !== undefined &&
      place.segment.id === preview.segmentId &&
      place.segment.asset?.uri === preview.asset.uri &&
      place.anchor.inPoint === preview.inPoint;
    if (!isMeant) return undefined;
    const source = this.#source;
    this.#preview = undefined;
    this.#source = undefined;
    return source;
  }
}

/** A preview as a place of a plan that begins nowhere yet. How long it is, and how it is treated, its segment will say. */
function placeOf({ segmentId, asset, inPoint }: Preview): SegmentPlace {
  const untreated = nanoseconds(0n);
  return {
    in: "segment",
    segment: {
      id: segmentId,
      kind: "content",
      asset,
      inPoint,
      duration: nanoseconds(nsPerSecond),
      start: undefined,
      gainDb: 0,
      fadeInNs: untreated,
      fadeOutNs: untreated,
      aspect: undefined,
      labels: {},
    },
    index: 0,
    round: 0,
    first: nowhere,
    end: 1 as Tick,
    anchor: { first: nowhere, inPoint },
  };
}
