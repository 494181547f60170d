import type { Tick } from "../time/units.js";
import type { Refusal, TickSound } from "./frame-bus.js";
import type { FrameMeta } from "./frame-meta.js";
import { MemoryNotices } from "./memory-notices.js";

/** A tick that was handed over while one before it is still missing. Holds a reference to its picture. */
export interface PendingTick {
  readonly tick: Tick;
  readonly picture: number;
  readonly byName: boolean;
  readonly sound: TickSound | undefined;
  readonly meta: FrameMeta;
}

/** The committer's end of one lane. */
export class MemoryLane {
  readonly refusals = new MemoryNotices<Refusal>();
  /** In tick order; bounded by the lead, beyond which submissions are refused. */
  readonly pending: PendingTick[] = [];
  /** The last tick taken from this lane; −1 before the first. */
  lastSubmitted = -1;
  /** True once a worker has opened its end. */
  opened = false;

  constructor(readonly id: number) {}
}
