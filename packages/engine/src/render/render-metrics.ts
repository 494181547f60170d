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

/** Latencies taken from one report, which has those of a second: more are taken as so many in the same classes, which a histogram bears. */
const latenciesMax = 1_000;

/** Where episodes are told of besides. */
type EpisodeLog = Pick<Log, "warn" | "info">;

/** An episode is over so long after its last count: key frames that are too large each few seconds are one. */
const calmNs = nanosecondsFromMs(30_000);

interface Episode {
  readonly count: number;
  readonly lastAt: Nanoseconds;
}

/** What ticks may suffer in a renderer, as the metric's label has it. */
const faults = {
  missed: ({ missedTicks }) => missedTicks,
  late: ({ lateTicks }) => lateTicks,
  torn: ({ tornTicks }) => tornTicks,
  timing: ({ timingFaults = 0 }) => timingFaults,
} satisfies Record<string, (counters: RendererCounters) => number>;

/** Of what the log has a line at the beginning and at the end of an episode. */
const episodes = {
  overflow: {
    unit: "pictures",
    began: "the constant mux rate has no room for what the encoder makes: pictures are late or left out",
    ended: "the constant mux rate has had room for half a minute",
  },
  timing: {
    unit: "ticks",
    began: "the bus gives ticks that are not as the grid says",
    ended: "ticks of the bus have been as the grid says for half a minute",
  },
} as const;

/**
 * Brings one renderer's counters into the channel's metrics; overflows of a constant rate and faults of timing into its log, at the
 * beginning and the end of each episode. They count from zero in each renderer, metrics never do, so there is one of these for each renderer.
 */
export class RenderMetrics {
  readonly #metrics: MetricsRecorder;
  readonly #log: EpisodeLog;
  readonly #now: () => Nanoseconds;
  #last: RendererCounters | undefined;
  readonly #episodes: { -readonly [What in keyof typeof episodes]?: Episode | undefined } = {};

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
    const overflows = (counters.overflows ?? 0) - (this.#last?.overflows ?? 0);
    if (overflows > 0) this.#metrics.count("muxOverflows", overflows);
    this.#tell("overflow", overflows);
    for (const [fault, of] of Object.entries(faults)) {
      const ticks = of(counters) - (this.#last === undefined ? 0 : of(this.#last));
      if (ticks > 0) this.#metrics.count("renderFaults", ticks, { fault });
      if (fault === "timing") this.#tell(fault, ticks);
    }
    if (counters.isRealtime !== undefined)
      this.#metrics.gauge("realtime", counters.isRealtime ? 1 : 0, { thread: "pacer" });
    this.#takeLatencies(counters.encodeLatency, this.#last?.encodeLatency);
    this.#last = counters;
  }

  #tell(what: keyof typeof episodes, count: number): void {
    const now = this.#now();
    const episode = this.#episodes[what];
    const { unit, began, ended } = episodes[what];
    if (count > 0) {
      if (episode === undefined) this.#log.warn({ [unit]: count }, began);
      this.#episodes[what] = { count: (episode?.count ?? 0) + count, lastAt: now };
    } else if (episode !== undefined && now - episode.lastAt >= calmNs) {
      this.#log.info({ [unit]: episode.count }, ended);
      this.#episodes[what] = undefined;
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
    const share = Math.min(1, latenciesMax / total);
    for (const [index, count] of added.entries()) {
      const value = count === total ? mean : middleOf(index);
      const times = Math.round(count * share);
      for (let observed = 0; observed < times; observed++) this.#metrics.observe("encodeLatency", value);
    }
  }
}

function middleOf(index: number): number {
  const below = bounds[index - 1] ?? 0;
  const above = bounds[index];
  return above === undefined ? below * 1.5 : (below + above) / 2;
}
