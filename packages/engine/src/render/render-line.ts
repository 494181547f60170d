import type { RendererCounters, StreamChunk } from "@retrovue/core";

/** How a renderer ended. */
export interface RenderExit {
  /** For the log: "SIGSEGV", "exit code 1"; for one that the engine ended, why it did. */
  readonly cause: string;
  /** True where another program's signal ended it: no fault of its own. */
  readonly isFromOutside: boolean;
}

/** What the engine hears of a channel's renderer. */
export interface RenderListener {
  /** The bytes are the listener's to keep. */
  onChunk(chunk: StreamChunk): void;
  /** About each second: what it has done since it began. */
  onCounters(counters: RendererCounters): void;
  /** Groups that the engine did not take in time. */
  onDropped(groups: number): void;
  /** It is gone for sure; nothing is heard after it. Called once. */
  onExit(exit: RenderExit): void;
}

/** A renderer at work on a channel, wherever it runs. */
export interface RenderLine {
  /** Of its process; left out where it is none. */
  readonly pid?: number;
  /** A JPEG of what is on air. Rejects with `Unavailable`, `Unimplemented` or `WorkerLost` where there is none to be had. */
  snapshot(signal: AbortSignal): Promise<Uint8Array>;
  /** Asks it to close what it opened and leave; `onExit` follows. */
  stop(): void;
  /**
   * Ends it at once, whatever it does; `onExit` follows.
   *
   * @param cause why, as `RenderExit.cause` is to have it
   */
  kill(cause: string): void;
}

/** Makes the renderers of one channel, one after another. */
export interface RenderHost {
  /** Begins at once. One that cannot begin exits like one that died. */
  spawn(listener: RenderListener): RenderLine;
}
