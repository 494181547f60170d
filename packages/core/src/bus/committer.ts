import type { ClockMapping } from "../clock/clock.js";
import type { PicturePlanes } from "../media/picture.js";
import type { Tick } from "../time/units.js";
import type { LaneTicket } from "./frame-bus.js";
import type { StandInKind, StandInReason } from "./frame-meta.js";

/**
 * What the plan has from one tick on, as far as the committer needs it to stand in truly: a hold never crosses
 * a boundary, and a stand-in carries the segment that it stands for.
 */
export interface Expectation {
  readonly firstTick: Tick;
  readonly segmentId: string;
  readonly planRevision: number;
  /** Empty for pads. */
  readonly assetUri: string;
  readonly assetTitle: string;
  /** True where the plan has no media from here on: black is then planned, not a fault. */
  readonly pad: boolean;
}

/** How the committer stands in. */
export interface StandInPolicy {
  /** How long the last picture of the segment may be held, in ticks; then slate. */
  readonly holdTicksMax: number;
  /** What follows the hold. `black` where a channel has no slate. */
  readonly after: Exclude<StandInKind, "hold">;
}

/** Stand-ins of each kind, by reason; those that never were are left out. */
export type StandInCounts = Readonly<Record<StandInKind, Readonly<Partial<Record<StandInReason, number>>>>>;

/** Counters since the bus was made. They only grow. */
export interface CommitterCounters {
  readonly committed: number;
  /** Of those, the ones that a worker handed over: stands still while the committer has to help itself. */
  readonly submitted: number;
  readonly standIns: Readonly<Record<StandInKind, number>>;
  /** The same by reason, whoever gave it. Left out by buses that count kinds alone. */
  readonly standInsBy?: StandInCounts;
  /**
   * The last tick whose sound is all that was planned, −1 before the first: from there a successor's goes on without a fade. Left
   * out by buses that do not know.
   */
  readonly soundThrough?: Tick;
  readonly refused: number;
  /** Ticks committed after their time: must stay 0 on a healthy machine. */
  readonly lateCommits: number;
  /** True where the thread that commits was given realtime scheduling. Left out by buses that have no thread for it. */
  readonly isRealtime?: boolean;
}

/** One reader as it shows itself. Untrusted: any process of the group may write it. */
export interface ReaderEntry {
  /** At most 32 characters; empty where it gave none. */
  readonly name: string;
  readonly pid: number;
  /** The last tick it returned; −1 before the first. */
  readonly cursor: Tick;
  /** Times that it came too late, since it was opened. */
  readonly overruns: number;
}

/**
 * Something the engine wants to know: where an episode begins and ends, and where it changes, never per frame. `stand-in-changed`: it
 * goes on from this tick as another kind or for another reason. Where the engine's thread is held up for seconds, a bus may leave out whole
 * episodes and refusals, which its counters have: never how it stands once all is told.
 */
export type CommitterEvent =
  | {
      readonly type: "stand-in-began" | "stand-in-changed";
      readonly tick: Tick;
      readonly kind: StandInKind;
      readonly reason: StandInReason;
    }
  | { readonly type: "stand-in-ended"; readonly tick: Tick; readonly ticks: number }
  | { readonly type: "refused"; readonly tick: Tick; readonly why: string };

/**
 * **The one storer of a bus.** It commits submissions in tick order at once, and a stand-in when a tick's guard time
 * comes without one; so every tick of a running channel has exactly one picture and its exact sound.
 *
 * *Ownership.* Made by `FrameBus.create`, owned by the engine, lives as long as the channel. It owns the picture pool:
 * a lane's buffers come back only through `retireLane`, after nothing of its worker runs any more (`WorkerListener.onExit`).
 *
 * *Concurrency.* All methods from the engine's thread; the work itself runs on a thread (or loop) of its own.
 *
 * *"Not yet".* Before `start` nothing is committed. *"End"* is disposal: the bus is marked closed, readers get
 * `BusStale`, objects are removed.
 *
 * *After an error.* None of these methods throws but with `Closed`; a lane gone bad is refused tick by tick.
 */
export interface Committer extends AsyncDisposable {
  /** First tick of the channel's life, told once. From here on a tick is never missing. */
  start(first: Tick): void;
  /** Makes a new lane; the one before may submit no more. */
  openLane(): LaneTicket;
  /** The worker of this lane is dead: takes its buffers back and drops what it had not handed over. */
  retireLane(lane: number, reason: StandInReason): void;
  /** Replaces the expectations from the first entry's tick on. At most 64 ahead; in tick order. */
  expect(expectations: readonly Expectation[]): void;
  /** In force from the next tick that is stood in for. */
  setPolicy(policy: StandInPolicy): void;
  /** Why ticks are missing, for slots and counters, until told otherwise; set by supervision. */
  setReason(reason: StandInReason): void;
  /** House time from now on: the committer's own, and what readers find in the bus. */
  setMapping(mapping: ClockMapping): void;
  /** Writable memory of a reserved picture, to be filled before `start`. Black is filled already. */
  reserved(kind: "slate"): PicturePlanes;
  /** The last committed tick; −1 before the first. */
  head(): Tick;
  counters(): CommitterCounters;
  /** Readers that live, in no order. */
  readers(): readonly ReaderEntry[];
  /** Told on the engine's thread, soon after it happened. */
  onEvent(listener: (event: CommitterEvent) => void): Disposable;
}
