import type { Clock, ClockMapping } from "../clock/clock.js";
import { invariant } from "../errors/invariant.js";
import { PlayoutError } from "../errors/playout-error.js";
import type { PicturePlanes } from "../media/picture.js";
import { HouseGrid } from "../time/house-grid.js";
import type { Tick } from "../time/units.js";
import type {
  Committer,
  CommitterCounters,
  CommitterEvent,
  Expectation,
  ReaderEntry,
  StandInPolicy,
} from "./committer.js";
import type { BusSpec, LaneTicket, PictureBuffer, Refusal, TickSound } from "./frame-bus.js";
import type { FrameMeta, StandInReason } from "./frame-meta.js";
import { MemoryDeadlines } from "./memory-deadlines.js";
import { MemoryEpisodes } from "./memory-episodes.js";
import { MemoryLane } from "./memory-lane.js";
import { layoutOf } from "./memory-layout.js";
import { MemoryPictureBuffer, MemoryPool } from "./memory-pool.js";
import { MemoryRing } from "./memory-ring.js";
import { MemorySound } from "./memory-sound.js";
import { MemoryStandIns } from "./memory-stand-ins.js";

/** What a committer is made with. */
export interface MemoryCommitterDeps {
  readonly clock: Clock;
  /** Called once, on disposal: the bus is gone from then on. */
  readonly onClosed: () => void;
}

/**
 * The committer of a bus in this process's own memory.
 *
 * A submission that is next in line is visible when `submit` returns. What is due by the clock is settled first in
 * every call that could change it, so that results depend on the times at which calls were made and not on when the
 * event loop got round to the committer's own timer.
 */
export class MemoryCommitter implements Committer {
  readonly grid: HouseGrid;
  readonly pool: MemoryPool;
  readonly ring: MemoryRing;
  readonly sound: MemorySound;
  /** Readers as they show themselves, in the order of opening. */
  readonly readerTable = new Set<{ readonly entry: ReaderEntry }>();
  readonly #deps: MemoryCommitterDeps;
  readonly #deadlines: MemoryDeadlines;
  readonly #episodes = new MemoryEpisodes();
  readonly #standIns = new MemoryStandIns();
  readonly #closing = new AbortController();
  #lane: MemoryLane | undefined;
  #lanesMade = 0;
  #loop: Promise<void> | undefined;
  /** The tick that is committed next; undefined before `start`. */
  #next: Tick | undefined;

  constructor(
    readonly spec: BusSpec,
    deps: MemoryCommitterDeps,
  ) {
    this.#deps = deps;
    const { format } = spec;
    this.grid = new HouseGrid(format.frameRate, format.sampleRate);
    const layout = layoutOf(spec, this.grid);
    this.#deadlines = new MemoryDeadlines({
      clock: deps.clock,
      grid: this.grid,
      guardNs: layout.guardNs,
      leadTicks: spec.leadTicks,
    });
    this.pool = new MemoryPool(layout, format);
    this.ring = new MemoryRing(layout.slotCount, this.pool, spec.mapping);
    this.sound = new MemorySound(format.channels, layout.soundRingSamples);
  }

  start(first: Tick): void {
    this.throwIfClosed();
    invariant(this.#next === undefined, "a committer is started once");
    this.#next = first;
    this.#settle();
    this.#loop = this.#run();
  }

  openLane(): LaneTicket {
    this.throwIfClosed();
    this.#settle();
    if (this.#lane) this.#closeLane(this.#lane);
    this.#lane = new MemoryLane(++this.#lanesMade);
    const { engineId, channelId } = this.spec;
    return {
      address: { engineId, channelId },
      lane: this.#lane.id,
      path: `memory:${engineId}/${channelId}/${this.#lane.id}`,
    };
  }

  retireLane(lane: number, reason: StandInReason): void {
    this.throwIfClosed();
    this.#settle();
    if (this.#lane?.id === lane) this.#closeLane(this.#lane);
    this.pool.takeBack(lane);
    this.#standIns.reason = reason;
  }

  expect(expectations: readonly Expectation[]): void {
    this.throwIfClosed();
    this.#settle();
    this.#standIns.expectations.replace(expectations);
  }

  setPolicy(policy: StandInPolicy): void {
    this.throwIfClosed();
    this.#settle();
    this.#standIns.policy = policy;
  }

  setReason(reason: StandInReason): void {
    this.throwIfClosed();
    this.#settle();
    this.#standIns.reason = reason;
  }

  setMapping(mapping: ClockMapping): void {
    this.throwIfClosed();
    this.ring.mapping = mapping;
    this.#settle();
  }

  reserved(_kind: "slate"): PicturePlanes {
    this.throwIfClosed();
    return this.pool.picture(this.pool.slate);
  }

  head(): Tick {
    this.throwIfClosed();
    return this.ring.head;
  }

  counters(): CommitterCounters {
    this.throwIfClosed();
    return this.#episodes.counters();
  }

  readers(): readonly ReaderEntry[] {
    this.throwIfClosed();
    return [...this.readerTable].map((reader) => reader.entry);
  }

  onEvent(listener: (event: CommitterEvent) => void): Disposable {
    this.throwIfClosed();
    return this.#episodes.events.listen(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closing.signal.aborted) {
      this.#closing.abort();
      if (this.#lane) this.#closeLane(this.#lane);
      this.pool.rejectWaiters();
      this.ring.close();
      this.#deps.onClosed();
    }
    await this.#loop;
  }

  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** The worker's end of a lane; `BusStale` where the ticket is not of the newest one. */
  attach(ticket: LaneTicket): MemoryLane {
    const lane = this.#lane;
    if (lane === undefined || lane.id !== ticket.lane || lane.opened) {
      throw new PlayoutError("BusStale", `Lane ${ticket.lane} is taken, or a newer one took its place.`);
    }
    lane.opened = true;
    return lane;
  }

  /** True while `lane` may borrow and submit. */
  isOpen(lane: MemoryLane): boolean {
    return this.#lane === lane;
  }

  /** Takes one submission: commits it, after standing in for what it skipped; keeps it before `start`; else refuses it. */
  submit(
    lane: MemoryLane,
    tick: Tick,
    picture: PictureBuffer | "slate" | "black",
    sound: TickSound | undefined,
    meta: FrameMeta,
  ): void {
    // Nobody listens to a lane that was replaced.
    if (!this.isOpen(lane)) return;
    this.#settle();
    const why = this.#objection(lane, tick, picture, sound);
    if (why !== undefined) {
      this.#refuse(lane, { tick, why });
      return;
    }
    lane.lastSubmitted = tick;
    this.#episodes.onTaken();
    const byName = typeof picture === "string";
    const index = byName ? this.pool[picture] : picture.index;
    const kept = meta.ancillary.length === 0 ? meta : withOwnAncillary(meta);
    if (tick === this.#next) {
      this.#commit(tick, index, byName, sound, kept);
    } else {
      this.pool.refer(index);
      lane.pending.push({ tick, picture: index, byName, sound: copyOf(sound), meta: kept });
      this.#settle();
    }
  }

  throwIfClosed(): void {
    if (this.closed) throw new PlayoutError("Closed", "The committer was used after it was closed.");
  }

  #objection(
    lane: MemoryLane,
    tick: Tick,
    picture: PictureBuffer | "slate" | "black",
    sound: TickSound | undefined,
  ): Refusal["why"] | undefined {
    if (!Number.isSafeInteger(tick) || tick <= lane.lastSubmitted) return "OutOfOrder";
    if (this.#next !== undefined && tick < this.#next) return "TickTaken";
    if (tick > this.#deadlines.leadThrough) return "TooFar";
    if (typeof picture !== "string") {
      const lent = picture instanceof MemoryPictureBuffer && this.pool.isLent(picture, lane.id);
      if (!lent) return "BadPicture";
    }
    if (sound !== undefined && !this.#isShareOf(tick, sound)) return "BadSound";
    return undefined;
  }

  #isShareOf(tick: Tick, sound: TickSound): boolean {
    if (sound.samples !== this.grid.samplesIn(tick)) return false;
    if (sound.channels.length !== this.spec.format.channels) return false;
    for (const channel of sound.channels) if (channel.length < sound.samples) return false;
    return true;
  }

  /** Stands in as ticks fall due, until closed. One sleep covers all that was submitted ahead. */
  async #run(): Promise<void> {
    while (!this.closed) {
      this.#settle();
      try {
        await this.#deadlines.due(this.#next as Tick, this.#closing.signal);
      } catch {
        // Closed or cancelled: time has ended for this bus, whichever of the two came first.
        return;
      }
    }
  }

  /** Commits all that can be by now: what waited for its turn, and a stand-in for each tick that is due. */
  #settle(): void {
    this.#deadlines.look();
    while (this.#next !== undefined) {
      const pending = this.#lane?.pending[0];
      if (this.#lane && pending !== undefined && pending.tick <= this.#next) {
        this.#takePending(this.#lane, this.#next);
      } else if (pending !== undefined || this.#next <= this.#deadlines.dueThrough) {
        // A lane hands ticks over in order: one that it skipped will never come, so there is nothing to wait for.
        this.#standIn(this.#next);
      } else return;
    }
  }

  /** The turn of a submission that came before its predecessors; or it lies before the channel's first tick. */
  #takePending(lane: MemoryLane, next: Tick): void {
    const pending = lane.pending.shift();
    if (pending === undefined) return;
    const { tick, picture, byName, sound, meta } = pending;
    if (tick === next) this.#commit(tick, picture, byName, sound, meta);
    else this.#refuse(lane, { tick, why: "TickTaken" });
    this.pool.unrefer(picture);
  }

  #refuse(lane: MemoryLane, refusal: Refusal): void {
    lane.refusals.post(refusal);
    this.#episodes.onRefused(refusal);
  }

  #standIn(tick: Tick): void {
    const meta = this.#standIns.metaFor(tick, this.grid.samplesIn(tick));
    const index =
      meta.standIn === "hold"
        ? this.ring.slot(this.ring.head).picture
        : meta.standIn === "slate"
          ? this.pool.slate
          : this.pool.black;
    this.#publish(tick, index, undefined, meta);
  }

  #commit(tick: Tick, index: number, byName: boolean, sound: TickSound | undefined, meta: FrameMeta): void {
    this.#episodes.submitted++;
    this.#publish(tick, index, sound, this.#standIns.noteAired(tick, byName, meta));
  }

  #publish(tick: Tick, index: number, sound: TickSound | undefined, meta: FrameMeta): void {
    const sampleStart = this.grid.sampleAt(tick);
    const next = (tick + 1) as Tick;
    const samples = this.grid.sampleAt(next) - sampleStart;
    if (this.#deadlines.isLate(tick)) this.#episodes.lateCommits++;
    this.#next = next;
    this.sound.write(sampleStart, samples, sound);
    this.ring.commit(tick, index, meta, sampleStart, samples);
    this.#episodes.onCommit(tick, meta);
  }

  /** The lane may borrow and submit no more. Its buffers stay lent until it is retired. */
  #closeLane(lane: MemoryLane): void {
    this.#lane = undefined;
    this.pool.rejectWaiters(lane.id);
    for (const pending of lane.pending) this.pool.unrefer(pending.picture);
    lane.pending.length = 0;
  }
}

const copyOf = (sound: TickSound | undefined): TickSound | undefined =>
  sound && {
    channels: sound.channels.map((channel) => channel.slice(0, sound.samples)),
    samples: sound.samples,
  };

/** Ancillary bytes may lie in a decoder's pool; the rest of the meta is plain values. */
const withOwnAncillary = (meta: FrameMeta): FrameMeta => ({
  ...meta,
  ancillary: meta.ancillary.map((record) => ({ kind: record.kind, bytes: record.bytes.slice() })),
});
