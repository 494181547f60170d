import { Fourier } from "./fourier.js";
import { NoiseSoundMark } from "./noise-sound-mark.js";

/** Where a window of sound comes from. */
export interface FoundNoise {
  /** Samples from the asset's zero to the window's first sample, at the finder's rate; fractions are real. */
  readonly position: number;
  /** Correlation with the asset's noise, 0…1: 1 for the same sound, above 0.5 after any sane coding. */
  readonly likeness: number;
}

/** What a finder knows beforehand. */
export interface NoiseFinderOptions {
  readonly asset: number;
  /** Channel of the asset as it was written. */
  readonly channel: number;
  /** Samples per second of the sound to be searched, whatever the asset was written at. */
  readonly sampleRate: number;
  /** Samples of the asset, at that rate. Memory is four bytes for each. */
  readonly samples: number;
}

/** Below this the window is taken for foreign sound, or for silence. */
export const likenessMin = 0.4;

/** Coarse search looks at every fourth sample: the noise ends at 5 kHz, so that 12 kHz still tell it. */
const coarseRate = 12_000;

/** Finds windows of sound in the noise of one channel of one asset. */
export class NoiseFinder {
  readonly #reference: Float32Array;
  /** Energy of the first n samples at [n], so that a window's energy costs one subtraction. */
  readonly #energy: Float64Array;
  readonly #every: number;
  #fourier: Fourier | undefined;

  constructor(options: NoiseFinderOptions) {
    this.#reference = new Float32Array(options.samples);
    new NoiseSoundMark(options.asset, options.channel, options.sampleRate).write(
      this.#reference,
      0,
      options.samples,
      0,
    );
    this.#energy = new Float64Array(options.samples + 1);
    for (let i = 0; i < options.samples; i++) {
      this.#energy[i + 1] = (this.#energy[i] ?? 0) + (this.#reference[i] ?? 0) ** 2;
    }
    this.#every = Math.max(1, Math.floor(options.sampleRate / coarseRate));
  }

  /**
   * The place that is most like the window, searched within `radius` samples of `near`. Wants 1 024 samples or more
   * (20 ms); undefined where nothing is like it. The window may begin before zero or end after the asset.
   */
  findNear(window: Float32Array, near: number, radius: number): FoundNoise | undefined {
    let best = Number.NaN;
    let bestLikeness = 0;
    for (let at = Math.round(near) - radius; at <= Math.round(near) + radius; at++) {
      const likeness = this.#likeness(window, at);
      if (likeness > bestLikeness) [best, bestLikeness] = [at, likeness];
    }
    if (bestLikeness < likenessMin) return undefined;
    const before = this.#likeness(window, best - 1);
    const after = this.#likeness(window, best + 1);
    // The top of a parabola through the three likenesses about the best one.
    const bend = before - 2 * bestLikeness + after;
    const fraction = bend === 0 ? 0 : (before - after) / (2 * bend);
    return { position: best + Math.max(-0.5, Math.min(0.5, fraction)), likeness: bestLikeness };
  }

  /** The same over the whole asset: a coarse search by Fourier transform, then `findNear` at its best places. */
  find(window: Float32Array): FoundNoise | undefined {
    const every = this.#every;
    const length = Math.floor(window.length / every);
    const size = 2 ** Math.ceil(Math.log2(Math.max(4 * length, 8_192)));
    this.#fourier = this.#fourier?.size === size ? this.#fourier : new Fourier(size);
    const wr = new Float64Array(size);
    const wi = new Float64Array(size);
    for (let i = 0; i < length; i++) wr[i] = window[i * every] ?? 0;
    this.#fourier.transform(wr, wi, 1);
    const total = Math.ceil(this.#reference.length / every);
    let best = { score: 0, at: 0 };
    for (let start = -length; start < total; start += size - length) {
      best = this.#searchBlock({ start, size, length, wr, wi, every }, best);
    }
    return this.findNear(window, best.at * every, every * 2);
  }

  #searchBlock(
    block: {
      readonly start: number;
      readonly size: number;
      readonly length: number;
      readonly wr: Float64Array;
      readonly wi: Float64Array;
      readonly every: number;
    },
    bestSoFar: { score: number; at: number },
  ): { score: number; at: number } {
    const { start, size, length, wr, wi, every } = block;
    const re = new Float64Array(size);
    const im = new Float64Array(size);
    for (let i = 0; i < size; i++) re[i] = this.#reference[(start + i) * every] ?? 0;
    this.#fourier?.transform(re, im, 1);
    for (let i = 0; i < size; i++) {
      // Times the conjugate of the window: correlation.
      const [ar, ai, br, bi] = [re[i] ?? 0, im[i] ?? 0, wr[i] ?? 0, wi[i] ?? 0];
      re[i] = ar * br + ai * bi;
      im[i] = ai * br - ar * bi;
    }
    this.#fourier?.transform(re, im, -1);
    let best = bestSoFar;
    for (let i = 0; i <= size - length; i++) {
      const score = re[i] ?? 0;
      if (score > best.score) best = { score, at: start + i };
    }
    return best;
  }

  /** Normalised correlation of the window with the reference at `at`; zero where they hardly overlap. */
  #likeness(window: Float32Array, at: number): number {
    const from = Math.max(0, -at);
    const to = Math.min(window.length, this.#reference.length - at);
    if (to - from < 256) return 0;
    let product = 0;
    let energy = 0;
    for (let i = from; i < to; i++) {
      const sample = window[i] ?? 0;
      product += sample * (this.#reference[at + i] ?? 0);
      energy += sample * sample;
    }
    const reference = (this.#energy[at + to] ?? 0) - (this.#energy[at + from] ?? 0);
    const norm = Math.sqrt(energy * reference);
    return norm === 0 ? 0 : product / norm;
  }
}
