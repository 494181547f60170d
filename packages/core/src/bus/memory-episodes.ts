import type { Tick } from "../time/units.js";
import type { CommitterCounters, CommitterEvent } from "./committer.js";
import type { Refusal } from "./frame-bus.js";
import type { FrameMeta, StandInKind, StandInReason } from "./frame-meta.js";
import { MemoryNotices } from "./memory-notices.js";

/** Stand-ins that are as they should be: the plan has nothing, or the asset no picture. */
const asPlanned: ReadonlySet<StandInReason> = new Set(["planned", "soundOnly"]);

/**
 * Counts what the committer does and tells the engine once per episode: a run of stand-ins in place of what should air,
 * whoever handed them over, or a run of refusals for one cause.
 */
export class MemoryEpisodes {
  readonly events = new MemoryNotices<CommitterEvent>();
  readonly #standIns: Record<StandInKind, number> = { hold: 0, slate: 0, black: 0 };
  readonly #standInsBy: Record<StandInKind, Partial<Record<StandInReason, number>>> = {
    hold: {},
    slate: {},
    black: {},
  };
  #soundThrough = -1 as Tick;
  committed = 0;
  submitted = 0;
  refused = 0;
  lateCommits = 0;
  #standInTicks = 0;
  /** Of the last tick that stood in. */
  #kind: StandInKind | undefined;
  #reason: StandInReason | undefined;
  #refusing: Refusal["why"] | undefined;

  /** The counters as they stand, copied. */
  counters(): CommitterCounters {
    const { committed, submitted, refused, lateCommits } = this;
    const { hold, slate, black } = this.#standInsBy;
    return {
      committed,
      submitted,
      standIns: { ...this.#standIns },
      standInsBy: { hold: { ...hold }, slate: { ...slate }, black: { ...black } },
      soundThrough: this.#soundThrough,
      refused,
      lateCommits,
    };
  }

  onCommit(tick: Tick, meta: FrameMeta): void {
    this.committed++;
    const kind = meta.standIn;
    if (meta.silentSamples === 0) this.#soundThrough = tick;
    if (kind !== undefined) this.#countStandIn(kind, meta.standInReason);
    if (kind !== undefined && !asPlanned.has(meta.standInReason)) {
      const reason = meta.standInReason;
      if (this.#standInTicks++ === 0) this.events.post({ type: "stand-in-began", tick, kind, reason });
      else if (kind !== this.#kind || reason !== this.#reason)
        this.events.post({ type: "stand-in-changed", tick, kind, reason });
      this.#kind = kind;
      this.#reason = reason;
    } else if (this.#standInTicks > 0) {
      this.events.post({ type: "stand-in-ended", tick, ticks: this.#standInTicks });
      this.#standInTicks = 0;
    }
  }

  #countStandIn(kind: StandInKind, reason: StandInReason): void {
    this.#standIns[kind]++;
    const by = this.#standInsBy[kind];
    by[reason] = (by[reason] ?? 0) + 1;
  }

  /** A submission was taken: the run of refusals is over. */
  onTaken(): void {
    this.#refusing = undefined;
  }

  onRefused(refusal: Refusal): void {
    this.refused++;
    if (this.#refusing === refusal.why) return;
    this.#refusing = refusal.why;
    this.events.post({ type: "refused", tick: refusal.tick, why: refusal.why });
  }
}
