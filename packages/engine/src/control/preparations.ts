import {
  type Nanoseconds,
  type Place,
  PlayoutError,
  type PreparationState,
  type PreparationTold,
  type SegmentPlace,
  sameMedia,
} from "@retrovue/core";

/** How far a segment is prepared. */
export interface Prepared {
  readonly state: PreparationState;
  /** Why it failed, and when that was told. */
  readonly failure: { readonly error: PlayoutError; readonly at: Nanoseconds } | undefined;
}

/** Airings that are remembered: more than a worker ever prepares at one time. */
const keptMax = 64;

/** How far a channel's next segments are prepared, as its worker told. */
export class Preparations {
  readonly #prepared = new Map<string, Prepared>();

  heard({ segmentId, first, state, failure }: PreparationTold, at: Nanoseconds): void {
    if (first === undefined) return;
    const key = `${segmentId} ${first}`;
    this.#prepared.delete(key);
    this.#prepared.set(key, {
      state,
      failure: failure && { error: PlayoutError.from(failure.error), at },
    });
    for (const oldest of this.#prepared.keys()) {
      if (this.#prepared.size <= keptMax) break;
      this.#prepared.delete(oldest);
    }
  }

  /** The worker that prepared them is gone: its successor begins anew. */
  clear(): void {
    this.#prepared.clear();
  }

  /** How far the segment after `onAir` is; undefined where nothing was done for it yet. */
  of(next: SegmentPlace, onAir: Place | undefined): Prepared | undefined {
    // Nothing to prepare: black needs no decoder, and media that goes on keeps the one it has.
    const isReady = next.segment.asset === undefined || (onAir !== undefined && sameMedia(onAir, next));
    if (isReady) return { state: "primed", failure: undefined };
    return this.#prepared.get(`${next.segment.id} ${next.first}`);
  }
}
