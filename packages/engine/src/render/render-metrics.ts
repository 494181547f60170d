import {
  type MetricsRecorder,
  metrics,
  type Nanoseconds,
  nanosecondsFromMs,
  type RendererCounters,
} from "@retrovue/core";
import type { Log } from "../log/log.js";

/** The bounds that a renderer counts its latencies by, seconds. */
const bounds = metrics.encodeLatency.buckets ?? [];

/** Where overflows are told of besides. */
type EpisodeLog = Pick<Log, "warn" | "info">;

/** An episode is over so long after its last overflow: key frames that are too large each few seconds are one. */
const calmNs = nanosecondsFromMs(30_000);

interface Episode {
  readonly pictures: number;
  readonly lastAt: Nanoseconds;
}

/**
 * Brings one renderer's counters into the channel's metrics, and overflows of a constant rate into its log, at the beginning and the end
 * of each episode. They count from zero in each renderer, metrics never do, so there is one of these for each renderer.
 */
export class RenderMetrics {
  readonly #metrics: MetricsRecorder;
  readonly #log: EpisodeLog;
  readonly #now: () => Nanoseconds;
  #last: RendererCounters | undefined;
  #episode: Episode | undefined;

  /** @param now any time that never steps */
  constructor(recorder: MetricsRecorder, log: EpisodeLog, now: () => Nanoseconds) {
    this.#metrics = recorder;
    this.#log = log;
    this.#now = now;
  }

  /** Takes the counters as they stand. */
  take(counters: RendererCounters): void {
    this.#metrics.gauge("frameGapSeconds", counters.frameGapNs / 1e9);
    const dropped = counters.droppedChunks - (this.#last?.droppedChunks ?? 0);
    if (dropped > 0) this.#metrics.count("outputDropped", dropped, { output: "pipe" });
    this.#takeOverflows((counters.overflows ?? 0) - (this.#last?.overflows ?? 0));
    this.#takeLatencies(counters.encodeLatency, this.#last?.encodeLatency);
    this.#last = counters;
  }

  #takeOverflows(pictures: number): void {
    const now = this.#now();
    const episode = this.#episode;
    if (pictures > 0) {
      this.#metrics.count("muxOverflows", pictures);
      if (episode === undefined)
        this.#log.warn(
          { pictures },
          "the constant mux rate has no room for what the encoder makes: pictures are late or left out",
        );
      this.#episode = { pictures: (episode?.pictures ?? 0) + pictures, lastAt: now };
    } else if (episode !== undefined && now - episode.lastAt >= calmNs) {
      this.#log.info({ pictures: episode.pictures }, "the constant mux rate has had room for half a minute");
      this.#episode = undefined;
    }
  }

  /**
   * A histogram takes single values, of which only the class is known. Where all new ones are of one class their mean is
   * exact; else each stands in the middle of its class, and their sum is near.
   */
  #takeLatencies(
    now: RendererCounters["encodeLatency"],
    last: RendererCounters["encodeLatency"] | undefined,
  ) {
    const added = now.buckets.map((count, index) => Math.max(0, count - (last?.buckets[index] ?? 0)));
    const total = added.reduce((sum, count) => sum + count, 0);
    const mean = total === 0 ? 0 : (now.sumNs - (last?.sumNs ?? 0)) / total / 1e9;
    for (const [index, count] of added.entries()) {
      const value = count === total ? mean : middleOf(index);
      for (let observed = 0; observed < count; observed++) this.#metrics.observe("encodeLatency", value);
    }
  }
}

function middleOf(index: number): number {
  const below = bounds[index - 1] ?? 0;
  const above = bounds[index];
  return above === undefined ? below * 1.5 : (below + above) / 2;
}
