import type { MediaTime } from "../time/units.js";

/**
 * A run of sound samples: float32, one array per channel, full scale ±1. The memory belongs to whoever made
 * the block and stays valid until `release()`; blocks are pooled, so release each exactly once.
 */
export interface SoundBlock {
  readonly channels: readonly Float32Array[];
  /** Samples per channel in this block; may be fewer than the arrays are long. */
  readonly samples: number;
  /** Samples per second. */
  readonly sampleRate: number;
  /** Time of the first sample from the asset's zero. */
  readonly time: MediaTime;
  /** Gives the memory back. */
  release(): void;
}
