import { type MediaTime, mediaTime, nsPerSecond, type SoundBlock } from "@retrovue/core";
import type { NativeSound } from "./native.js";

/** Blocks kept for the next reads; a caller holds few at a time. */
const blanksMax = 8;

/** Arrays for sound, used again: the steady state allocates none. */
export class SoundPool {
  #blanks: Float32Array[][] = [];

  /** Arrays that `samples` samples fit into. */
  take(channels: number, samples: number): Float32Array[] {
    const found = this.#blanks.findIndex(
      (blank) => blank.length === channels && (blank[0]?.length ?? 0) >= samples,
    );
    if (found >= 0) return this.#blanks.splice(found, 1)[0] ?? [];
    return Array.from({ length: channels }, () => new Float32Array(samples));
  }

  giveBack(arrays: Float32Array[]): void {
    this.#blanks.push(arrays);
    // The oldest goes: sizes that are no longer asked for are not kept.
    if (this.#blanks.length > blanksMax) this.#blanks.shift();
  }

  /** Lends arrays that hold what was read. */
  lend(arrays: Float32Array[], read: NativeSound): SoundBlock {
    let out = true;
    return {
      channels: arrays,
      samples: read.samples,
      sampleRate: read.sampleRate,
      time: sampleTime(read.start, read.sampleRate),
      release: () => {
        if (out) this.giveBack(arrays);
        out = false;
      },
    };
  }
}

const sampleTime = (index: number, rate: number): MediaTime =>
  mediaTime((BigInt(index) * nsPerSecond) / BigInt(rate));
