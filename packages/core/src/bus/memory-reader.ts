import type { ClockMapping } from "../clock/clock.js";
import { PlayoutError } from "../errors/playout-error.js";
import type { PicturePlanes } from "../media/picture.js";
import type { ProgramFormat } from "../media/program-format.js";
import type { Nanoseconds, SampleIndex, Tick } from "../time/units.js";
import type { ReaderEntry } from "./committer.js";
import type { FrameLease, FrameReader, Overrun, ReaderOptions, ViewVerdict } from "./frame-bus.js";
import type { FrameMeta } from "./frame-meta.js";
import type { MemoryCommitter } from "./memory-committer.js";
import type { MemorySlot } from "./memory-ring.js";

/** A reader in the writer's own process. */
export class MemoryReader implements FrameReader {
  readonly format: ProgramFormat;
  readonly #committer: MemoryCommitter;
  readonly #name: string;
  readonly #pid: number;
  #disposed = false;
  /** The last tick returned, or the one before the tick to resync at; −1 at first. */
  #cursor = -1;
  #overruns = 0;

  constructor(committer: MemoryCommitter, options: ReaderOptions, pid: number) {
    this.#committer = committer;
    this.#name = options.name ?? "";
    this.#pid = pid;
    this.format = committer.spec.format;
    committer.readerTable.add(this);
  }

  get entry(): ReaderEntry {
    return { name: this.#name, pid: this.#pid, cursor: this.#cursor as Tick, overruns: this.#overruns };
  }

  async at(tick: Tick, signal: AbortSignal): Promise<FrameLease | Overrun> {
    this.#throwIfUnusable(signal);
    const { ring } = this.#committer;
    if (tick > ring.head) await ring.reached(tick, this, signal);
    return this.#read(tick);
  }

  async next(signal: AbortSignal): Promise<FrameLease | Overrun> {
    this.#throwIfUnusable(signal);
    const { ring } = this.#committer;
    if (this.#cursor < 0) {
      if (ring.head < 0) await ring.reached(0, this, signal);
      return this.#read(ring.head);
    }
    const tick = (this.#cursor + 1) as Tick;
    if (tick > ring.head) await ring.reached(tick, this, signal);
    return this.#read(tick);
  }

  head(): Tick {
    this.#throwIfDisposed();
    return this.#committer.ring.head;
  }

  oldest(): Tick {
    this.#throwIfDisposed();
    return this.#committer.ring.oldest;
  }

  mapping(): ClockMapping {
    this.#throwIfDisposed();
    return this.#committer.ring.mapping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#committer.ring.cancel(this, closedReader());
    this.#committer.readerTable.delete(this);
  }

  #read(tick: Tick): FrameLease | Overrun {
    const { ring } = this.#committer;
    const { oldest, head } = ring;
    if (tick >= oldest) {
      this.#cursor = tick;
      return new MemoryLease(this.#committer, ring.slot(tick));
    }
    this.#overruns++;
    // `next` then goes on where the caller was told to.
    this.#cursor = oldest - 1;
    return { overrun: true, tick, oldest, head };
  }

  #throwIfUnusable(signal: AbortSignal): void {
    this.#throwIfDisposed();
    this.#committer.ring.throwIfStale();
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
    if (this.#committer.ring.isAwaitedBy(this)) {
      throw new PlayoutError(
        "WrongState",
        "The frame reader waits already; await that first, or open another.",
      );
    }
  }

  #throwIfDisposed(): void {
    if (this.#disposed) throw closedReader();
  }
}

const closedReader = () => new PlayoutError("Closed", "The frame reader was used after it was closed.");

/** One tick, read. Everything but the pixels and samples was copied out of the slot when it was made. */
class MemoryLease implements FrameLease {
  readonly overrun = false;
  readonly tick: Tick;
  readonly meta: FrameMeta;
  readonly picture: PicturePlanes;
  readonly sampleStart: SampleIndex;
  readonly samples: number;
  readonly #committer: MemoryCommitter;
  readonly #buffer: number;
  readonly #generation: number;
  #verdict: ViewVerdict | undefined;

  constructor(committer: MemoryCommitter, slot: MemorySlot) {
    this.#committer = committer;
    this.tick = slot.tick;
    this.meta = slot.meta;
    this.picture = committer.pool.picture(slot.picture);
    this.sampleStart = slot.sampleStart;
    this.samples = slot.samples;
    this.#buffer = slot.picture;
    this.#generation = slot.generation;
  }

  get time(): Nanoseconds {
    return this.#committer.grid.tickTime(this.tick);
  }

  get pictureId(): string {
    return `${this.#buffer}.${this.#generation}`;
  }

  copySound(into: readonly Float32Array[], offset: number): ViewVerdict {
    return this.#committer.sound.read(this.sampleStart, this.samples, into, offset);
  }

  release(): ViewVerdict {
    this.#verdict ??=
      this.#committer.pool.generation(this.#buffer) === this.#generation ? "intact" : "overwritten";
    return this.#verdict;
  }
}
