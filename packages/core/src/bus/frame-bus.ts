import type { ClockMapping } from "../clock/clock.js";
import type { PicturePlanes } from "../media/picture.js";
import type { ProgramFormat } from "../media/program-format.js";
import type { Nanoseconds, SampleIndex, Tick } from "../time/units.js";
import type { Committer } from "./committer.js";
import type { FrameMeta } from "./frame-meta.js";

/** Names one channel's bus on this host. */
export interface BusAddress {
  /** The engine's id: 1 to 64 characters of `a-z`, `0-9`, `-`, `_`. */
  readonly engineId: string;
  /** A whole number, 0 or more. */
  readonly channelId: number;
}

/** Everything that fixes a bus: its memory is computed from this and from nothing else. */
export interface BusSpec extends BusAddress {
  readonly format: ProgramFormat;
  /** Ticks that may be submitted ahead of the clock: at least the target lead. 2 to 1 000. */
  readonly leadTicks: number;
  /** Ticks that stay readable after their time. 1 to 10 000. */
  readonly historyTicks: number;
  /** Buffers that decoders may keep as reference pictures at one time (direct decoding). Default 0. */
  readonly directReferences?: number;
  /** How long before its time a missing tick gets a stand-in, nanoseconds. Default max(2 ticks, 50 ms). */
  readonly guardNs?: Nanoseconds;
  /** House time as it stands; later changes come through `Committer.setMapping`. */
  readonly mapping: ClockMapping;
}

/** What a worker needs to open its end of a lane; plain values that may cross a process boundary. */
export interface LaneTicket {
  readonly address: BusAddress;
  /** Counts lanes of this bus; the newest is the only one that may submit. */
  readonly lane: number;
  /** Where the lane is found: the implementation's own word. */
  readonly path: string;
}

/**
 * A picture buffer on loan: pixel memory in the program format.
 *
 * It belongs to the borrower from `loan` until `release()`. In between it may be filled once and submitted for any
 * number of ticks (a repeat costs no copy). Writing to it after the first submit is a fault: readers see it.
 * Released without a submit, it simply goes back.
 */
export interface PictureBuffer extends PicturePlanes {
  /** Index in the bus's pool. */
  readonly index: number;
  /**
   * Rows of each plane that may be stored to, at the same stride: codecs want room below the picture for whole blocks. Left
   * out where there are the picture's own rows and no more.
   */
  readonly roomRows?: readonly number[];
  /** No more submits will name it. The committer reuses it when no readable slot refers to it. Idempotent. */
  release(): void;
  /**
   * Another hold on the same loan, to be submitted and released by itself: the buffer goes back when every hold was
   * released. For decoders, whose codec refers to a picture for longer than it airs, or the other way round. With `offsets`
   * the picture begins so many bytes into each plane, within its room: there a cropped picture lies; `InvalidArgument`
   * where it would leave it. Left out by buses that lend to nobody but who fills.
   */
  share?(offsets?: readonly number[]): PictureBuffer;
}

/** Sound of one tick as it is handed over: the bus copies it before `submit` returns. */
export interface TickSound {
  /** One array per house channel. */
  readonly channels: readonly Float32Array[];
  /** Must be exactly the tick's share, `grid.samplesIn(tick)`. */
  readonly samples: number;
}

/** Why a submission was not committed. */
export interface Refusal {
  readonly tick: Tick;
  /**
   * `TickTaken`: a stand-in aired there already. `OutOfOrder`: not the tick after the last submitted one.
   * `TooFar`: beyond the lead. `BadSound`: not the tick's share. `BadPicture`: a buffer that is not this lane's.
   */
  readonly why: "TickTaken" | "OutOfOrder" | "TooFar" | "BadSound" | "BadPicture";
}

/**
 * **The worker's end of a channel's bus:** borrows buffers and hands over one tick after another.
 *
 * *Ownership.* The worker owns the writer; buffers on loan die with it. Disposing it does not end the bus: the
 * committer goes on with stand-ins.
 *
 * *Concurrency.* Any number of loans at once; `submit` in tick order from one caller.
 *
 * *"Not yet" and full.* `loan` is pending while the pool is empty (bounded by the caller's signal). `submit` never
 * waits and never throws for what the other side thinks: a refusal comes through `onRefused`. Skipping ticks
 * is allowed (the committer stands in for them at once, since they cannot come any more); going back is refused.
 *
 * *After an error.* `loan` rejects with `Cancelled` or `Timeout` and lent nothing; with `BusStale` when the committer
 * has gone or has opened a newer lane, and then for ever.
 */
export interface FrameWriter extends AsyncDisposable {
  /** A buffer that holds whatever was in it last: to be filled wholly before it is submitted. */
  loan(signal: AbortSignal): Promise<PictureBuffer>;
  /**
   * Hands tick `tick` over. `picture` is a buffer on loan, or a reserved picture by name. `sound` undefined means
   * silence. The committer makes it visible at once, up to the lead ahead of its time.
   */
  submit(
    tick: Tick,
    picture: PictureBuffer | "slate" | "black",
    sound: TickSound | undefined,
    meta: FrameMeta,
  ): void;
  /** Told of each submission that was not committed, after `submit` has returned; never from within it. */
  onRefused(listener: (refusal: Refusal) => void): Disposable;
  /** The last committed tick; −1 before the first. */
  head(): Tick;
}

/** What a reader gets for a tick that it did not reach in time, or that is not held any more. */
export interface Overrun {
  readonly overrun: true;
  /** The tick asked for. */
  readonly tick: Tick;
  /** The oldest tick that can still be read: resync here. */
  readonly oldest: Tick;
  readonly head: Tick;
}

/** What became of the memory behind a view while it was used. */
export type ViewVerdict = "intact" | "overwritten";

/** One tick, read. Views point into the bus itself, without a copy; storing to them is a fault. */
export interface FrameLease {
  readonly overrun: false;
  readonly tick: Tick;
  /** House time at which the tick is shown. */
  readonly time: Nanoseconds;
  readonly meta: FrameMeta;
  /** The picture's planes; valid (or told torn) until `release()`. */
  readonly picture: PicturePlanes;
  /** Identifies the pixels: equal for two ticks exactly when they show the same buffer, unchanged. */
  readonly pictureId: string;
  readonly sampleStart: SampleIndex;
  readonly samples: number;
  /** Copies the tick's sound into `into` (one array per channel); tells if it was overwritten meanwhile. */
  copySound(into: readonly Float32Array[], offset: number): ViewVerdict;
  /** Ends the use of the views and tells whether the pixels were intact all the while. Idempotent. */
  release(): ViewVerdict;
}

/**
 * **Reads a channel's bus** without ever disturbing it: a reader that stops, lags or dies changes nothing for anyone.
 *
 * *Ownership.* The caller owns the reader and each lease. Leases do not keep memory from being reused: `release()`
 * tells what happened.
 *
 * *Concurrency.* One `at` or `next` in flight: another one while it waits is refused with `WrongState` and changes nothing for the
 * first. Leases may overlap.
 *
 * *"Not yet" and "end".* Both calls wait for a tick that is not committed yet, bounded by the signal. A tick no longer
 * held is an `Overrun`, a value: go on at `oldest`, never retry. A bus has no end; it becomes stale.
 *
 * *After an error.* `Timeout`/`Cancelled`: go on. `BusStale`: the bus was replaced or its engine is gone; dispose and
 * open again. `BusNotFound`, `BusIncompatible` come from opening only.
 */
export interface FrameReader extends AsyncDisposable {
  readonly format: ProgramFormat;
  /** Exactly that tick: neither the one before it nor the one after. `next` goes on from it. */
  at(tick: Tick, signal: AbortSignal): Promise<FrameLease | Overrun>;
  /** The tick after the last one this reader returned; the newest one at first. */
  next(signal: AbortSignal): Promise<FrameLease | Overrun>;
  /** The last committed tick; −1 before the first. */
  head(): Tick;
  /** The oldest tick that is still held. */
  oldest(): Tick;
  /** The mapping that the writer stamped into the bus. */
  mapping(): ClockMapping;
}

/** What a reader may be told. */
export interface ReaderOptions {
  /** Shown to operators beside the reader's process. At most 32 characters. */
  readonly name?: string;
}

/**
 * **The shared ring between a channel and everyone who watches it.** One committer per channel stores; a worker
 * submits through a lane; any number of readers read.
 *
 * *Ownership.* Who creates a bus disposes the committer, which removes the bus. *Concurrency.* Any. *After an error*
 * nothing half-made stays: `OutOfSharedMemory` names the size needed, `AlreadyExists` a live bus of the same name.
 */
export interface FrameBus {
  /** Engine side: makes the bus of a channel and becomes its only writer. */
  create(spec: BusSpec, signal: AbortSignal): Promise<Committer>;
  /** Worker side: opens the lane that the committer made. */
  openWriter(ticket: LaneTicket, signal: AbortSignal): Promise<FrameWriter>;
  /** Any process: opens a bus for reading. `BusNotFound` where there is none (yet). */
  openReader(address: BusAddress, options: ReaderOptions, signal: AbortSignal): Promise<FrameReader>;
  /** Bytes of shared memory that a bus of this spec takes; computed, exact. */
  memoryBytes(spec: BusSpec): number;
  /**
   * Path of a bus's control object, there or not, for native readers. Only a bus that is laid out as
   * docs/contracts/frame-bus.md says has this.
   */
  controlPath?(address: BusAddress): string;
}
