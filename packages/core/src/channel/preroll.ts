import type { Place, SegmentPlace } from "../plan/place.js";
import type { Timeline } from "../plan/timeline.js";
import type { Tick } from "../time/units.js";
import { runKey, type Source } from "./source.js";

/** What preroll works with. */
export interface PrerollOptions {
  /** How many ticks ahead a segment is prepared. */
  readonly aheadTicks: number;
  /** Sources open at one time. */
  readonly sourcesMax: number;
  /** Makes a source and sets it to work. */
  readonly open: (place: SegmentPlace) => Source;
  /** Gives what a preview has prepared for a place, which then plays there; undefined where it was for another one. */
  readonly previewed: (place: SegmentPlace) => Source | undefined;
}

/**
 * Keeps a source for what is on air and for what comes next, earliest first tick first, up to a bound. Places of one run of
 * media share a source, so that a segment which continues its asset goes on with the same decoder. An edit of the plan
 * closes what is not needed any more and leaves the rest alone.
 */
export class Preroll {
  readonly #options: PrerollOptions;
  readonly #sources = new Map<string, Source>();
  /** Decoders on their way out. They have deadlines of their own. */
  readonly #closing = new Set<Promise<void>>();
  #timeline: Timeline | undefined;
  #reviewAt = 0;

  constructor(options: PrerollOptions) {
    this.#options = options;
  }

  /** Brings sources in line with the timeline as seen from `tick`. Cheap while nothing comes into reach. */
  review(timeline: Timeline, tick: Tick): void {
    if (timeline === this.#timeline && tick < this.#reviewAt) return;
    this.#timeline = timeline;
    const wanted = this.#wantedFrom(timeline, tick);
    for (const [key, source] of this.#sources) {
      if (!wanted.has(key)) this.#close(key, source);
    }
    for (const [key, place] of wanted) {
      if (!this.#sources.has(key))
        this.#sources.set(key, this.#options.previewed(place) ?? this.#options.open(place));
    }
  }

  /** The source of a place, if it has media and its turn has come. */
  sourceOf(place: Place): Source | undefined {
    return place.in === "segment" && place.segment.asset !== undefined
      ? this.#sources.get(runKey(place.segment.asset.uri, place.anchor))
      : undefined;
  }

  /** Closes all sources; resolves when their decoders are gone or given up. */
  async close(): Promise<void> {
    for (const [key, source] of this.#sources) this.#close(key, source);
    await Promise.all(this.#closing);
  }

  /** The runs that are on air or in reach, in the order of their first ticks, each with its first place. */
  #wantedFrom(timeline: Timeline, tick: Tick): Map<string, SegmentPlace> {
    const { aheadTicks, sourcesMax } = this.#options;
    const wanted = new Map<string, SegmentPlace>();
    const horizon = tick + aheadTicks;
    let place: Place | undefined = timeline.at(tick);
    // Whatever happens first: the place on air ends, or a place now beyond the horizon comes into reach.
    this.#reviewAt = place.end;
    for (let looked = 0; place !== undefined && looked < sourcesMax * 4; looked++) {
      if (place.first > horizon || wanted.size >= sourcesMax) {
        this.#reviewAt = Math.min(this.#reviewAt, Math.max(tick + 1, place.first - aheadTicks));
        break;
      }
      if (place.in === "segment" && place.segment.asset !== undefined) {
        const key = runKey(place.segment.asset.uri, place.anchor);
        if (!wanted.has(key)) wanted.set(key, place);
      }
      place = timeline.placesFrom(place.end, 1)[0];
    }
    return wanted;
  }

  #close(key: string, source: Source): void {
    this.#sources.delete(key);
    this.retire(source);
  }

  /** Closes a source that is on its way out; `close` waits for it. */
  retire(source: Source): void {
    const closed = source.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
