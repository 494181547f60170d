import type { SoundConformer, SoundTreatment } from "../../conform/conformer.js";
import { invariant } from "../../errors/invariant.js";
import { PlayoutError } from "../../errors/playout-error.js";
import type { SoundBlock } from "../../media/sound.js";
import { sampleNearest } from "../pattern/pattern-asset.js";

/**
 * Resamples by straight lines between samples: no broadcast quality, but every count is exact. House sample h of an asset
 * is heard at h / house seconds from its zero and exists while that is before the end of the source:
 * ceil(source samples · house / source rate) in all. At equal rates samples pass untouched.
 */
export class LinearResampler implements SoundConformer {
  readonly #sourceRate: number;
  readonly #houseRate: number;
  readonly #houseChannels: number;
  /** Source samples not yet used up, one array per house channel; remixed as they come in. */
  #held: Float32Array[];
  /** Where in the arrays they begin, and how many they are. */
  #heldAt = 0;
  #heldCount = 0;
  /** Source index of the first held sample. Undefined until the first block says where it begins. */
  #heldFrom: number | undefined;
  /** The next house sample, counted from the asset's zero. */
  #next = 0;
  #ended = false;
  #disposed = false;

  constructor(options: {
    readonly sourceRate: number;
    readonly houseRate: number;
    readonly houseChannels: number;
  }) {
    this.#sourceRate = options.sourceRate;
    this.#houseRate = options.houseRate;
    this.#houseChannels = options.houseChannels;
    this.#held = Array.from({ length: options.houseChannels }, () => new Float32Array(4_096));
  }

  push(block: SoundBlock): void {
    this.#check();
    invariant(!this.#ended, "no block follows the end");
    if (this.#heldFrom === undefined) {
      this.#heldFrom = sampleNearest(block.time, this.#sourceRate);
      this.#next = Math.round((this.#heldFrom * this.#houseRate) / this.#sourceRate);
    }
    this.#makeRoom(block.samples);
    for (let channel = 0; channel < this.#houseChannels; channel++) {
      const into = this.#held[channel];
      if (into) remix(block, channel, this.#houseChannels, into, this.#heldAt + this.#heldCount);
    }
    this.#heldCount += block.samples;
  }

  end(): void {
    this.#check();
    this.#ended = true;
  }

  get available(): number {
    this.#check();
    if (this.#heldFrom === undefined) return 0;
    return Math.max(0, this.#limit(this.#heldFrom + this.#heldCount, this.#ended) - this.#next);
  }

  debt(samples: number): number {
    const missing = samples - this.available;
    if (missing <= 0) return 0;
    if (this.#sourceRate === this.#houseRate || this.#ended) return missing;
    // A straight line wants the sample after as well: one source sample at first, later the rounding of one house sample.
    return missing + (this.#heldFrom === undefined ? Math.ceil(this.#houseRate / this.#sourceRate) : 1);
  }

  pull(into: readonly Float32Array[], offset: number, samples: number, how: SoundTreatment): void {
    invariant(samples <= this.available, "never more than available is pulled");
    const from = this.#heldFrom ?? 0;
    const gain = how.gainDb === 0 ? 1 : 10 ** (how.gainDb / 20);
    const untouched = gain === 1 && how.rampFrom === 1 && how.rampTo === 1;
    for (let channel = 0; channel < this.#houseChannels; channel++) {
      const [held, target] = [this.#held[channel], into[channel]];
      if (held === undefined || target === undefined) continue;
      if (this.#sourceRate === this.#houseRate) {
        const at = this.#heldAt + this.#next - from;
        target.set(held.subarray(at, at + samples), offset);
      } else {
        this.#interpolate(held, target, offset, samples, from);
      }
      if (!untouched) treat(target, offset, samples, gain, how);
    }
    this.#next += samples;
    this.#forget();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#held = [];
  }

  /** How many house samples exist when source samples below `end` have come; before the end one more is wanted. */
  #limit(end: number, ended: boolean): number {
    if (this.#sourceRate === this.#houseRate) return end;
    const reach = ended ? end : end - 1;
    return Math.ceil((reach * this.#houseRate) / this.#sourceRate);
  }

  #interpolate(held: Float32Array, into: Float32Array, offset: number, samples: number, from: number): void {
    for (let i = 0; i < samples; i++) {
      const scaled = (this.#next + i) * this.#sourceRate;
      const whole = Math.floor(scaled / this.#houseRate);
      const fraction = (scaled - whole * this.#houseRate) / this.#houseRate;
      const place = Math.max(0, Math.min(whole - from, this.#heldCount - 1));
      const at = this.#heldAt + place;
      const a = held[at] ?? 0;
      const b = place + 1 < this.#heldCount ? (held[at + 1] ?? 0) : a;
      into[offset + i] = a + (b - a) * fraction;
    }
  }

  /** Drops source samples that lie behind the next house sample. */
  #forget(): void {
    const from = this.#heldFrom ?? 0;
    const needed = Math.floor((this.#next * this.#sourceRate) / this.#houseRate);
    const used = Math.max(0, Math.min(needed - from, this.#heldCount));
    this.#heldAt += used;
    this.#heldFrom = from + used;
    this.#heldCount -= used;
  }

  #makeRoom(samples: number): void {
    const needed = this.#heldCount + samples;
    const has = this.#held[0]?.length ?? 0;
    if (this.#heldAt + needed <= has) return;
    const [from, end] = [this.#heldAt, this.#heldAt + this.#heldCount];
    this.#heldAt = 0;
    // Moved only when as much was used up as is moved, so that a sample is moved about once.
    if (needed * 2 <= has) {
      for (const held of this.#held) held.copyWithin(0, from, end);
      return;
    }
    this.#held = this.#held.map((old) => {
      const larger = new Float32Array(Math.ceil(needed * 2.5));
      larger.set(old.subarray(from, end));
      return larger;
    });
  }

  #check(): void {
    if (this.#disposed) throw new PlayoutError("Closed", "The sound conformer was disposed.");
  }
}

/** Mono goes to every channel, several channels to mono as their mean; else channel for channel, silence where there is none. */
function remix(block: SoundBlock, channel: number, house: number, into: Float32Array, at: number): void {
  const sources = block.channels.length;
  if (sources > 1 && house === 1) {
    for (let i = 0; i < block.samples; i++) {
      let sum = 0;
      for (const source of block.channels) sum += source[i] ?? 0;
      into[at + i] = sum / sources;
    }
    return;
  }
  const source = block.channels[sources === 1 ? 0 : channel];
  if (source) into.set(source.subarray(0, block.samples), at);
  else into.fill(0, at, at + block.samples);
}

function treat(
  samples: Float32Array,
  offset: number,
  count: number,
  gain: number,
  how: SoundTreatment,
): void {
  const step = (how.rampTo - how.rampFrom) / count;
  for (let i = 0; i < count; i++) {
    const value = (samples[offset + i] ?? 0) * gain * (how.rampFrom + step * i);
    // Hard limiting: only a gain can have lifted the sample above full scale.
    samples[offset + i] = gain > 1 ? Math.max(-1, Math.min(1, value)) : value;
  }
}
