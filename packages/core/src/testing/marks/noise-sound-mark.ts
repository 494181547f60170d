import { mix32 } from "./mixing.js";

/**
 * The noise mark, for sound that is resampled, coded with loss, or turned up and down: band-limited noise that is a pure
 * function of (asset, channel, time). A reader knows the same noise and finds where a window of it comes from.
 *
 * It is made of 8 000 chips of ±1 a second, each spread over ±4 chips by a windowed sinc, so that it has no
 * power above 5 kHz: every sound codec keeps that at a moderate bit rate. Root mean square 0.25, peaks below 0.8.
 */
export const noiseChipRate = 8_000;

const amplitude = 0.25;
const reach = 4;
const taps = reach * 2;
/** Steps of a chip at which the kernel is tabled: positions are right to 1/4 000 chip, 30 ns. */
const phases = 4_096;

const kernel: Float64Array = (() => {
  const table = new Float64Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    for (let tap = 0; tap < taps; tap++) {
      // Distance in chips from the sample to the middle of chip (k − reach + 1 + tap).
      const x = phase / phases - (tap - reach + 1);
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
      const window = Math.cos((Math.PI * x) / (2 * reach)) ** 2;
      table[phase * taps + tap] = amplitude * sinc * (Math.abs(x) < reach ? window : 0);
    }
  }
  return table;
})();

/** The noise of one channel of an asset at one sample rate. */
export class NoiseSoundMark {
  readonly #seed: number;
  readonly #sampleRate: number;
  readonly #chips = new Float64Array(taps);
  #chipAt = Number.NaN;

  /** @param sampleRate samples per second of what is written; the noise is the same sound at every rate */
  constructor(asset: number, channel: number, sampleRate: number) {
    this.#seed = mix32((asset << 8) | channel) | 1;
    this.#sampleRate = sampleRate;
  }

  /** Writes `samples` samples from `at` on; the first is heard `position` samples after the asset's zero. */
  write(into: Float32Array, at: number, samples: number, position: number): void {
    for (let i = 0; i < samples; i++) {
      // Products of a sample position and 8 000 stay below 2^53 for 700 years of sound.
      const scaled = (position + i) * noiseChipRate;
      const chip = Math.floor(scaled / this.#sampleRate);
      if (chip !== this.#chipAt) this.#load(chip);
      const phase = Math.floor(((scaled - chip * this.#sampleRate) * phases) / this.#sampleRate) * taps;
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) sum += (this.#chips[tap] ?? 0) * (kernel[phase + tap] ?? 0);
      into[at + i] = sum;
    }
  }

  #load(chip: number): void {
    this.#chipAt = chip;
    for (let tap = 0; tap < taps; tap++) {
      const index = chip - reach + 1 + tap;
      this.#chips[tap] = mix32(index ^ this.#seed) & 1 ? 1 : -1;
    }
  }
}
