import type { LaneTicket } from "../bus/frame-bus.js";
import type { ChannelEvent } from "../channel/events.js";
import type { Preview } from "../channel/shadow.js";
import type { Plan } from "../plan/plan.js";
import type { Tick } from "../time/units.js";
import type { BarredPair } from "./quarantine.js";

/** All that a worker is told when it begins: plain values, since it may be another process. */
export interface WorkerOrder {
  readonly lane: LaneTicket;
  readonly plan: Plan;
  /** The first tick to make. */
  readonly from: Tick;
  /** True where the tick before `from` is on the bus with its sound as planned, so that it goes on without a fade. */
  readonly continues: boolean;
  /** What to keep ready beside what is on air; undefined for nothing. */
  readonly preview: Preview | undefined;
}

/** A decoder that was at work when its worker died: what its breadcrumb says. */
export interface Suspect extends BarredPair {
  /** True where the thread that faulted is known to have been this decoder's. */
  readonly guilty: boolean;
}

/** How a worker ended. */
export interface WorkerExit {
  /** For the log: "SIGSEGV", "exit code 1", "out of memory". */
  readonly cause: string;
  readonly suspects: readonly Suspect[];
  /** True where another program's signal ended it (an operator's, the system's for want of memory): no fault of its own. */
  readonly fromOutside?: boolean;
  /** Of the process that is gone; left out for workers that are none. */
  readonly pid?: number;
}

/** Hears from one worker. */
export interface WorkerListener {
  onEvent(event: ChannelEvent): void;
  /**
   * Its plugins are loaded and its event loop turns: said when it begins with its order, and several times a second from then on
   * until it hands over its first tick.
   *
   * @param isOpen true once its end of the lane is open: it has all that it needs for ticks
   */
  onAlive(isOpen: boolean): void;
  /**
   * Nothing of the worker runs any more: it is gone (waited for), or was killed and is held by the kernel. Its lane can be
   * retired. Called once; nothing is heard after it.
   */
  onExit(exit: WorkerExit): void;
}

/** A worker that runs. Orders may be lost when it dies; its successor gets the newest. */
export interface Worker {
  /** Of its process; left out where it is none. */
  readonly pid?: number;
  /** True where it had loaded its plugins before it was given its order: it can give a sign of life at once. */
  readonly isWarm?: boolean;
  setPlan(plan: Plan): void;
  /** Keeps an asset ready beside what is on air, in the place of the one before; undefined for none. */
  setPreview(preview: Preview | undefined): void;
  /**
   * Keeps the next tick back until a newer plan or `release`, but not beyond the tick's deadline, and tells which one it is: no
   * earlier one can change any more. Undefined where it does not work yet, and where it leaves meanwhile.
   */
  hold(): Promise<Tick | undefined>;
  /** Lets the tick that is kept back go on. */
  release(): void;
  /**
   * Ends it at once, whatever it does; `onExit` follows.
   *
   * @param cause why, as `WorkerExit.cause` is to have it
   */
  kill(cause: string): void;
  /** Asks it to close its decoders and leave; `onExit` follows. */
  stop(): void;
}

/**
 * Makes workers. In the engine they are processes (or run inside it, `isolation: none`), in the simulation they are channels in
 * the same program that can be made to die.
 */
export interface WorkerHost {
  /** Begins a worker at once. A worker that cannot begin exits like one that died. */
  spawn(order: WorkerOrder, listener: WorkerListener): Worker;
}
