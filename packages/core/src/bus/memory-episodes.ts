import type { Tick } from "../time/units.js";
import type { CommitterEvent } from "./committer.js";
import type { Refusal } from "./frame-bus.js";
import type { FrameMeta, StandInKind } from "./frame-meta.js";
import { MemoryNotices } from "./memory-notices.js";

/**
 * Counts what the committer does and tells the engine once per episode: a run of stand-ins that were not planned,
 * whoever handed them over, or a run of refusals for one cause.
 */
export class MemoryEpisodes {
  readonly events = new MemoryNotices<CommitterEvent>();
  readonly standIns: Record<StandInKind, number> = { hold: 0, slate: 0, black: 0 };
  committed = 0;
  submitted = 0;
  refused = 0;
  lateCommits = 0;
  #standInTicks = 0;
  #refusing: Refusal["why"] | undefined;

  onCommit(tick: Tick, meta: FrameMeta): void {
    this.committed++;
    const kind = meta.standIn;
    if (kind !== undefined) this.standIns[kind]++;
    if (kind !== undefined && meta.standInReason !== "planned") {
      if (this.#standInTicks++ === 0) {
        this.events.post({ type: "stand-in-began", tick, kind, reason: meta.standInReason });
      }
    } else if (this.#standInTicks > 0) {
      this.events.post({ type: "stand-in-ended", tick, ticks: this.#standInTicks });
      this.#standInTicks = 0;
    }
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
