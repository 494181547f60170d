import { PlayoutError } from "../errors/playout-error.js";
import type { Tick } from "../time/units.js";
import type { FrameWriter, PictureBuffer, Refusal, TickSound } from "./frame-bus.js";
import type { FrameMeta } from "./frame-meta.js";
import type { MemoryCommitter } from "./memory-committer.js";
import type { MemoryLane } from "./memory-lane.js";

/** The worker's end of a lane in this process. Its buffers come back when the committer retires the lane. */
export class MemoryWriter implements FrameWriter {
  readonly #committer: MemoryCommitter;
  readonly #lane: MemoryLane;
  #disposed = false;

  constructor(committer: MemoryCommitter, lane: MemoryLane) {
    this.#committer = committer;
    this.#lane = lane;
  }

  async loan(signal: AbortSignal): Promise<PictureBuffer> {
    this.#throwIfDisposed();
    if (!this.#committer.isOpen(this.#lane)) {
      throw new PlayoutError("BusStale", "The lane was replaced or its bus is gone; open a new one.");
    }
    return this.#committer.pool.loan(this.#lane.id, signal);
  }

  submit(
    tick: Tick,
    picture: PictureBuffer | "slate" | "black",
    sound: TickSound | undefined,
    meta: FrameMeta,
  ): void {
    this.#throwIfDisposed();
    this.#committer.submit(this.#lane, tick, picture, sound, meta);
  }

  onRefused(listener: (refusal: Refusal) => void): Disposable {
    this.#throwIfDisposed();
    return this.#lane.refusals.listen(listener);
  }

  head(): Tick {
    this.#throwIfDisposed();
    return this.#committer.ring.head;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#committer.pool.rejectWaiters(this.#lane.id);
  }

  #throwIfDisposed(): void {
    if (this.#disposed) throw new PlayoutError("Closed", "The frame writer was used after it was closed.");
  }
}
