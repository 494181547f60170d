import type { Clock } from "../clock/clock.js";
import { PlayoutError } from "../errors/playout-error.js";
import { HouseGrid } from "../time/house-grid.js";
import type { Committer } from "./committer.js";
import type {
  BusAddress,
  BusSpec,
  FrameBus,
  FrameReader,
  FrameWriter,
  LaneTicket,
  ReaderOptions,
} from "./frame-bus.js";
import { MemoryCommitter } from "./memory-committer.js";
import { layoutOf } from "./memory-layout.js";
import { MemoryReader } from "./memory-reader.js";
import { MemoryWriter } from "./memory-writer.js";

/** Readers of one bus at a time: a forgotten `dispose` shows before memory does. */
const readersMax = 1_024;

/** What a memory bus is made with. */
export interface MemoryFrameBusDeps {
  /** Tells the committers when ticks fall due. A manual one makes everything deterministic. */
  readonly clock: Clock;
  /** What readers show as their process. Default: this process's id. */
  readonly pid?: number;
}

/**
 * Frame buses in this process's own memory: for `isolation: none`, for the simulation and for tests. Committers,
 * workers and readers must share one instance; the protocol is that of docs/contracts/frame-bus.md, but no store is
 * ever concurrent with a read, and views cannot be made read-only.
 *
 * Under a manual clock everything is deterministic: a submission that is next in line is visible when `submit`
 * returns, refusals and events arrive a microtask later, in order, and a clock that jumps over many guard times
 * leaves one stand-in for each.
 */
export class MemoryFrameBus implements FrameBus {
  readonly #clock: Clock;
  readonly #pid: number;
  readonly #committers = new Map<string, MemoryCommitter>();

  constructor(deps: MemoryFrameBusDeps) {
    this.#clock = deps.clock;
    this.#pid = deps.pid ?? process.pid;
  }

  async create(spec: BusSpec, signal: AbortSignal): Promise<Committer> {
    throwIfAborted(signal);
    const key = keyOf(spec);
    if (this.#committers.has(key)) {
      throw new PlayoutError("AlreadyExists", `A bus ${key} is alive; dispose its committer first.`);
    }
    const committer = new MemoryCommitter(spec, {
      clock: this.#clock,
      onClosed: () => this.#committers.delete(key),
    });
    this.#committers.set(key, committer);
    return committer;
  }

  async openWriter(ticket: LaneTicket, signal: AbortSignal): Promise<FrameWriter> {
    throwIfAborted(signal);
    const committer = this.#find(ticket.address);
    return new MemoryWriter(committer, committer.attach(ticket));
  }

  async openReader(address: BusAddress, options: ReaderOptions, signal: AbortSignal): Promise<FrameReader> {
    throwIfAborted(signal);
    const committer = this.#find(address);
    if (committer.readerTable.size >= readersMax) {
      throw new PlayoutError("LimitExceeded", `The bus has ${readersMax} readers; dispose some first.`);
    }
    return new MemoryReader(committer, options, this.#pid);
  }

  memoryBytes(spec: BusSpec): number {
    return layoutOf(spec, new HouseGrid(spec.format.frameRate, spec.format.sampleRate)).bytes;
  }

  #find(address: BusAddress): MemoryCommitter {
    const committer = this.#committers.get(keyOf(address));
    if (committer === undefined) {
      throw new PlayoutError("BusNotFound", `No bus ${keyOf(address)} exists yet; try again later.`);
    }
    return committer;
  }
}

const keyOf = (address: BusAddress): string => `${address.engineId}.ch${address.channelId}`;

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
}
