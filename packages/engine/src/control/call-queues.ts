import { type Clock, nanosecondsFromMs } from "@retrovue/core";
import { SerialQueue } from "../channels/serial-queue.js";

/** Longer than a start takes that waits for files, so that what follows it at once is not refused. */
const waitNsMax = nanosecondsFromMs(30_000);

/**
 * Lets calls about one channel go one after another, in the order in which they came; calls about different channels run side by
 * side. At most 32 of a channel wait (then `QueueFull`), for 30 s at most (then `Timeout`); one whose caller leaves is not begun.
 */
export class CallQueues {
  readonly #clock: Clock;
  readonly #queues = new Map<number, SerialQueue>();

  /** @param clock what the deadline is counted by */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Does the work of a call when what came before it is done. A failure is its own caller's alone. */
  async run<T>(id: number, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const queue = this.#queues.get(id) ?? new SerialQueue({ clock: this.#clock, work: "calls", waitNsMax });
    this.#queues.set(id, queue);
    try {
      return await queue.run(work, signal);
    } finally {
      if (queue.isIdle) this.#queues.delete(id);
    }
  }
}
