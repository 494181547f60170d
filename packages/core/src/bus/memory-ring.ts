import type { ClockMapping } from "../clock/clock.js";
import { invariant } from "../errors/invariant.js";
import { PlayoutError } from "../errors/playout-error.js";
import type { SampleIndex, Tick } from "../time/units.js";
import type { FrameMeta } from "./frame-meta.js";
import type { MemoryPool } from "./memory-pool.js";

/** One place in the ring. Reused lap after lap; readers copy out of it at once. */
export interface MemorySlot {
  tick: Tick;
  /** Index of the picture in the pool. */
  picture: number;
  generation: number;
  meta: FrameMeta;
  sampleStart: SampleIndex;
  samples: number;
}

interface Waiter {
  readonly owner: object;
  readonly tick: number;
  readonly resolve: () => void;
  readonly reject: (error: PlayoutError) => void;
}

/** What readers see of a bus: its slots from the oldest tick to the head, and whoever waits for the next one. */
export class MemoryRing {
  readonly #slots: (MemorySlot | undefined)[];
  readonly #pool: MemoryPool;
  readonly #waiters: Waiter[] = [];
  #head = -1;
  #oldest = 0;
  #stale = false;

  constructor(
    slotCount: number,
    pool: MemoryPool,
    public mapping: ClockMapping,
  ) {
    this.#slots = new Array<MemorySlot | undefined>(slotCount).fill(undefined);
    this.#pool = pool;
  }

  /** The last committed tick; −1 before the first. */
  get head(): Tick {
    return this.#head as Tick;
  }

  get oldest(): Tick {
    return this.#oldest as Tick;
  }

  /** The slot of a tick between `oldest` and `head`. */
  slot(tick: Tick): MemorySlot {
    const slot = this.#slots[tick % this.#slots.length];
    invariant(slot?.tick === tick, "every tick from oldest to head is in its slot");
    return slot;
  }

  /** Makes the next tick readable; the slot that it takes is retired first. */
  commit(tick: Tick, picture: number, meta: FrameMeta, sampleStart: SampleIndex, samples: number): void {
    const place = tick % this.#slots.length;
    const generation = this.#pool.generation(picture);
    const slot = this.#slots[place];
    // Referred to before the old slot lets go, so that a hold keeps its buffer even in the shortest ring.
    this.#pool.refer(picture);
    if (slot === undefined) {
      this.#slots[place] = { tick, picture, generation, meta, sampleStart, samples };
    } else {
      this.#oldest = slot.tick + 1;
      const retired = slot.picture;
      slot.tick = tick;
      slot.picture = picture;
      slot.generation = generation;
      slot.meta = meta;
      slot.sampleStart = sampleStart;
      slot.samples = samples;
      this.#pool.unrefer(retired);
    }
    if (this.#head < 0) this.#oldest = tick;
    this.#head = tick;
    if (this.#waiters.length > 0) this.#wake();
  }

  /** Resolves once the head has reached `tick`. `owner` may cancel what it waits for. */
  reached(tick: number, owner: object, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        signal.removeEventListener("abort", onAbort);
        const at = this.#waiters.indexOf(waiter);
        if (at >= 0) this.#waiters.splice(at, 1);
      };
      const onAbort = () => waiter.reject(PlayoutError.from(signal.reason, "Cancelled"));
      const waiter: Waiter = {
        owner,
        tick,
        resolve: () => {
          settle();
          resolve();
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      signal.addEventListener("abort", onAbort);
      this.#waiters.push(waiter);
    });
  }

  isAwaitedBy(owner: object): boolean {
    return this.#waiters.some((waiter) => waiter.owner === owner);
  }

  cancel(owner: object, why: PlayoutError): void {
    for (const waiter of [...this.#waiters]) if (waiter.owner === owner) waiter.reject(why);
  }

  /** Throws `BusStale` once the committer has gone. */
  throwIfStale(): void {
    if (this.#stale) throw staleBus();
  }

  close(): void {
    this.#stale = true;
    for (const waiter of [...this.#waiters]) waiter.reject(staleBus());
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) if (waiter.tick <= this.#head) waiter.resolve();
  }
}

const staleBus = () => new PlayoutError("BusStale", "The bus was closed by its engine; open it again.");
