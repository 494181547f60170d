import type { MetricsRecorder } from "../metrics/recorder.js";
import type { Place, SegmentPlace } from "../plan/place.js";
import type { HouseGrid } from "../time/house-grid.js";
import type { Tick } from "../time/units.js";
import type { ChannelEvent } from "./events.js";
import type { PictureMeta } from "./meta.js";
import type { DecoderChange, Source } from "./source.js";

/** Whom a channel tells. */
export interface AirNewsOptions {
  readonly grid: HouseGrid;
  readonly metrics: MetricsRecorder;
  readonly onEvent: (event: ChannelEvent) => void;
}

/** What a channel tells of what it hands over: its first tick, each airing, and whose pictures they are; once each. */
export class AirNews {
  readonly #options: AirNewsOptions;
  #hasBegun = false;
  /** The airing that was told last to have begun. */
  #began: SegmentPlace | undefined;
  /** Whose pictures aired last. */
  #decoderIndex: number | undefined;

  constructor(options: AirNewsOptions) {
    this.#options = options;
  }

  /** True once a tick was handed over. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** A tick was handed over. */
  submitted(n: Tick, place: Place, source: Source | undefined, meta: PictureMeta): void {
    const { onEvent, metrics } = this.#options;
    if (!this.#hasBegun) onEvent({ type: "worker-began", tick: n });
    this.#tellBegun(n, place, source, meta);
    if (!this.#hasBegun || meta.decoderIndex !== this.#decoderIndex) {
      this.#decoderIndex = meta.decoderIndex;
      onEvent({ type: "decoder-on-air", tick: n, decoderIndex: meta.decoderIndex });
    }
    if (meta.standIn === undefined && !meta.repeat) metrics.observe("decodeLatency", meta.decodeNs / 1e9);
    this.#hasBegun = true;
  }

  /** Another decoder plays than was to; `next` is the next tick to be handed over. */
  decoderChanged({ asset, place, from, to, wasAtWork }: DecoderChange, next: Tick): void {
    const { onEvent, metrics } = this.#options;
    const { index, name, reason, error } = from;
    metrics.count("decoderChanges", 1, { decoder: name, reason });
    if (wasAtWork) metrics.count("restarts", 1, { what: "decoder" });
    onEvent({
      type: "decoder-changed",
      tick: Math.max(next, place.first) as Tick,
      uri: asset.uri,
      segmentId: place.segment.id,
      from: { index, name },
      to,
      reason,
      wasAtWork,
      error,
    });
  }

  /** Tells of each airing once, at its first tick or wherever it is entered. */
  #tellBegun(n: Tick, place: Place, source: Source | undefined, meta: PictureMeta): void {
    const before = this.#began;
    this.#began = place.in === "segment" ? place : undefined;
    if (place.in !== "segment") return;
    if (before?.segment.id === place.segment.id && before.first === place.first) return;
    const { onEvent, grid, metrics } = this.#options;
    // A worker that goes on where another was lost has changed nothing.
    if (this.#hasBegun || n === place.first) metrics.count("assetTransitions");
    if (n === place.anchor.first && source !== undefined) {
      const marginNs = source.readyAt === undefined ? 0n : grid.tickTime(n) - source.readyAt;
      metrics.observe("prerollMargin", Math.max(0, Number(marginNs) / 1e9));
    }
    const ready = meta.standIn === undefined || meta.pad || meta.standInReason === "soundOnly";
    onEvent({ type: "segment-began", tick: n, place, ready });
  }
}
