import type { SoundConformer, SoundTreatment } from "../../conform/conformer.js";
import { invariant } from "../../errors/invariant.js";
import { PlayoutError } from "../../errors/playout-error.js";
import type { SoundBlock } from "../../media/sound.js";
import { sampleNearest } from "../pattern/pattern-asset.js";

/**
 * Resamples by straight lines between samples: no broadcast quality, but every count is exact. House sample h of an asset
 * is heard at h / house seconds from its zero and exists while that is before the end of the source:
 * ceil(source samples · house / source rate) in all. At equal rates samples pass untouched. Where the rate changes on the
 * way, what is left of the sound before is made house samples at once, and the next begins where that ended, fractions
 * of a house sample included.
 */
export class LinearResampler implements SoundConformer {
  #sourceRate: number;
  readonly #houseRate: number;
  readonly #houseChannels: number;
  /** Source samples not yet used up, one array per house channel; remixed as they come in. */
  #held: Float32Array[];
  /** Where in the arrays they begin, and how many they are. */
  #heldAt = 0;
  #heldCount = 0;
  /** Source index of the first held sample. Undefined until the first block says where it begins. */
  #heldFrom: number | undefined;
  /** The next house sample, counted from the asset's zero; after a change of rate from there. */
  #next = 0;
  /** How far behind the end of the sound before, in house samples, the first one after a change of rate lies: 0 to below 1. */
  #over = 0;
  /** House samples of sound from before the last change of rate. */
  #ready: Float32Array[] = [];
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
    if (block.sampleRate !== this.#sourceRate) this.#turnTo(block.sampleRate);
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
    return this.#readyCount + this.#heldAvailable(this.#ended);
  }

  debt(samples: number): number {
    const missing = samples - this.available;
    if (missing <= 0) return 0;
    if (this.#sourceRate === this.#houseRate || this.#ended) return missing;
    // A straight line wants the sample after as well: one source sample at first, later the rounding of one house sample.
    const isFirst = this.#heldFrom === undefined || this.#heldFrom + this.#heldCount === 0;
    return missing + (isFirst ? Math.ceil(this.#houseRate / this.#sourceRate) : 1) + Math.ceil(this.#over);
  }

  pull(into: readonly Float32Array[], offset: number, samples: number, how: SoundTreatment): void {
    invariant(samples <= this.available, "never more than available is pulled");
    const gain = how.gainDb === 0 ? 1 : 10 ** (how.gainDb / 20);
    const untouched = gain === 1 && how.rampFrom === 1 && how.rampTo === 1;
    const ready = Math.min(samples, this.#readyCount);
    for (let channel = 0; channel < this.#houseChannels; channel++) {
      const target = into[channel];
      if (target === undefined) continue;
      if (ready > 0) target.set(this.#ready[channel]?.subarray(0, ready) ?? [], offset);
      this.#make(channel, target, offset + ready, samples - ready);
      if (!untouched) treat(target, offset, samples, gain, how);
    }
    if (ready > 0) this.#ready = this.#ready.map((channel) => channel.subarray(ready));
    this.#next += samples - ready;
    this.#forget();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#held = [];
  }

  get #readyCount(): number {
    return this.#ready[0]?.length ?? 0;
  }

  /** House samples that what is held makes, up to its end or as far as is certain. */
  #heldAvailable(ended: boolean): number {
    if (this.#heldFrom === undefined) return 0;
    return Math.max(0, this.#limit(this.#heldFrom + this.#heldCount, ended) - this.#next);
  }

  #turnTo(sourceRate: number): void {
    if (this.#heldFrom !== undefined) {
      const end = this.#heldFrom + this.#heldCount;
      const [before, count] = [this.#readyCount, this.#heldAvailable(true)];
      this.#ready = this.#held.map((_, channel) => {
        const samples = new Float32Array(before + count);
        samples.set(this.#ready[channel] ?? []);
        this.#make(channel, samples, before, count);
        return samples;
      });
      this.#over += this.#limit(end, true) - (end * this.#houseRate) / this.#sourceRate;
      this.#heldFrom = 0;
      this.#heldCount = 0;
      this.#next = 0;
    }
    this.#sourceRate = sourceRate;
  }

  /** Writes the next house samples of a channel. */
  #make(channel: number, into: Float32Array, offset: number, samples: number): void {
    const [held, from] = [this.#held[channel], this.#heldFrom ?? 0];
    if (held === undefined || samples <= 0) return;
    if (this.#sourceRate !== this.#houseRate) {
      this.#interpolate(held, into, offset, samples, from);
      return;
    }
    const at = this.#heldAt + this.#next - from;
    into.set(held.subarray(at, at + samples), offset);
  }

  /** How many house samples exist when source samples below `end` have come; before the end one more is wanted. */
  #limit(end: number, ended: boolean): number {
    if (this.#sourceRate === this.#houseRate) return end;
    const reach = ended ? end : end - 1;
    // Fractions that were added up are off by far less than this; without any there is nothing to be off.
    const slack = this.#over === 0 ? 0 : 1e-9;
    return Math.ceil((reach * this.#houseRate) / this.#sourceRate - this.#over - slack);
  }

  #interpolate(held: Float32Array, into: Float32Array, offset: number, samples: number, from: number): void {
    for (let i = 0; i < samples; i++) {
      const scaled = (this.#next + i + this.#over) * this.#sourceRate;
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
    const between = this.#sourceRate === this.#houseRate ? 0 : this.#over;
    const needed = Math.floor(((this.#next + between) * this.#sourceRate) / this.#houseRate);
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
