import type { SampleIndex } from "../time/units.js";
import type { TickSound, ViewVerdict } from "./frame-bus.js";

/** The sound ring of a bus: one array per channel, sample index modulo its length. */
export class MemorySound {
  readonly #rings: readonly Float32Array[];
  readonly #length: number;
  /** One past the last sample whose place has been given up to writing. */
  #reserved = 0;

  constructor(channels: number, samples: number) {
    this.#rings = Array.from({ length: channels }, () => new Float32Array(samples));
    this.#length = samples;
  }

  /** Writes `samples` samples from `start` on; silence where there is no sound. */
  write(start: SampleIndex, samples: number, sound: TickSound | undefined): void {
    this.#reserved = start + samples;
    const at = start % this.#length;
    const head = Math.min(samples, this.#length - at);
    for (let channel = 0; channel < this.#rings.length; channel++) {
      const ring = this.#rings[channel];
      const from = sound?.channels[channel];
      if (ring === undefined) continue;
      if (from === undefined) {
        ring.fill(0, at, at + head);
        ring.fill(0, 0, samples - head);
      } else {
        ring.set(from.length === head ? from : from.subarray(0, head), at);
        if (head < samples) ring.set(from.subarray(head, samples), 0);
      }
    }
  }

  /** Copies samples out, and tells if they had been overwritten. */
  read(start: SampleIndex, samples: number, into: readonly Float32Array[], offset: number): ViewVerdict {
    const at = start % this.#length;
    const head = Math.min(samples, this.#length - at);
    for (let channel = 0; channel < into.length; channel++) {
      const ring = this.#rings[channel];
      const to = into[channel];
      if (ring === undefined || to === undefined) continue;
      to.set(ring.subarray(at, at + head), offset);
      if (head < samples) to.set(ring.subarray(0, samples - head), offset + head);
    }
    return start < this.#reserved - this.#length ? "overwritten" : "intact";
  }
}
