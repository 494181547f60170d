import type {
  Committer,
  CommitterCounters,
  MetricsRecorder,
  StandInKind,
  StandInReason,
  SupervisorEvent,
} from "@retrovue/core";

/** What the gauges of a channel are read from. */
export interface ChannelGaugesOptions {
  readonly committer: Committer;
  readonly metrics: MetricsRecorder;
  /** Seconds since the channel started, by its clock. */
  readonly uptimeSeconds: () => number;
  readonly busMemoryBytes: number;
}

const kinds: readonly StandInKind[] = ["hold", "slate", "black"];

/**
 * Brings a channel's bus counters into its metrics. Of a bus that counts stand-ins by kind alone, what airs until an episode ends
 * is put down to the reason with which it began, and what airs outside of episodes to `planned`.
 */
export class ChannelGauges {
  readonly #options: ChannelGaugesOptions;
  readonly #counted: Record<StandInKind, number> = { hold: 0, slate: 0, black: 0 };
  /** The same by kind and reason, as "hold late". */
  readonly #countedBy = new Map<string, number>();
  #committed = 0;
  #lateCommits = 0;
  #overruns = new Map<string, number>();
  #reason: StandInReason = "planned";
  #isClosed = false;

  constructor(options: ChannelGaugesOptions) {
    this.#options = options;
  }

  /** Hears of episodes; anything else is none of its business. */
  hear(event: SupervisorEvent): void {
    if (event.type === "stand-in-began" || event.type === "stand-in-changed") {
      // The tick that began it is counted already, and belongs to it.
      this.#takeStandIns(event.kind);
      this.#reason = event.reason;
    }
    if (event.type === "stand-in-ended") {
      this.#takeStandIns();
      this.#reason = "planned";
    }
  }

  /** Reads what is looked up rather than counted; called when metrics are scraped. */
  look(): void {
    if (this.#isClosed) return;
    const { committer, metrics, uptimeSeconds, busMemoryBytes } = this.#options;
    this.#takeStandIns();
    const { committed, lateCommits, isRealtime } = committer.counters();
    metrics.count("framesPublished", committed - this.#committed);
    this.#committed = committed;
    metrics.count("ticksLate", lateCommits - this.#lateCommits);
    this.#lateCommits = lateCommits;
    if (isRealtime !== undefined) metrics.gauge("realtime", isRealtime ? 1 : 0, { thread: "committer" });
    metrics.gauge("channelUptime", uptimeSeconds());
    metrics.gauge("busMemory", busMemoryBytes);
    this.#lookAtReaders();
  }

  /** Takes the last counts; the committer may be gone afterwards. */
  close(): void {
    this.look();
    this.#isClosed = true;
    const { metrics } = this.#options;
    for (const gauge of ["channelUptime", "busMemory", "busReaders"] as const) metrics.gauge(gauge, 0);
  }

  #takeStandIns(except?: StandInKind): void {
    if (this.#isClosed) return;
    const { committer, metrics } = this.#options;
    const { standIns, standInsBy } = committer.counters();
    if (standInsBy !== undefined) {
      this.#takeByReason(standInsBy);
      return;
    }
    for (const kind of kinds) {
      const upTo = standIns[kind] - (kind === except ? 1 : 0);
      metrics.count("standInFrames", upTo - this.#counted[kind], { kind, reason: this.#reason });
      this.#counted[kind] = Math.max(upTo, this.#counted[kind]);
    }
  }

  #takeByReason(standInsBy: NonNullable<CommitterCounters["standInsBy"]>): void {
    for (const kind of kinds) {
      for (const [reason, count] of Object.entries(standInsBy[kind])) {
        const key = `${kind} ${reason}`;
        this.#options.metrics.count("standInFrames", count - (this.#countedBy.get(key) ?? 0), {
          kind,
          reason,
        });
        this.#countedBy.set(key, count);
      }
    }
  }

  #lookAtReaders(): void {
    const { committer, metrics } = this.#options;
    const readers = committer.readers();
    metrics.gauge("busReaders", readers.length);
    const seen = new Map<string, number>();
    for (const { name, pid, overruns } of readers) {
      const key = `${pid} ${name}`;
      // A reader that began anew under the same name counts from zero again.
      metrics.count("busReaderOverruns", overruns - (this.#overruns.get(key) ?? 0));
      seen.set(key, (seen.get(key) ?? 0) + overruns);
    }
    this.#overruns = seen;
  }
}
