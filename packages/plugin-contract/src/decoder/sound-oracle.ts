import { exactSample, matchExactSound, NoiseFinder } from "@retrovue/core/testing";
import { ensure } from "../framework/check.js";
import type { ClipTruth } from "../media/clip.js";

/** Windows of noise are looked for so far around their place: enough to say by how much they are off. */
const searchRadius = 2_100;
/** Noise is compared in windows of this length; less tells too little. */
const windowMin = 1_024;
const windowMax = 4_096;

/** Knows which samples belong where in one clip. Kept between checks: the reference noise takes a moment to make. */
export class SoundOracle {
  readonly #finders = new Map<number, NoiseFinder>();

  constructor(private readonly truth: ClipTruth) {}

  /**
   * Fails unless `samples` samples of all channels are those from `position` on: each of them for exact marks, the place
   * of the beginning and of the end for noise.
   */
  expect(channels: readonly Float32Array[], samples: number, position: number, what: string): void {
    const { sound, id } = this.truth.pattern;
    ensure(sound, "the clip has sound");
    channels.forEach((channel, index) => {
      if (sound.mark === "exact") {
        const good = matchExactSound(channel, 0, samples, id, index, position);
        const expected = exactSample(id, index, position + good);
        ensure(
          good === samples,
          `${what}: sample ${position + good} of channel ${index} is ${channel[good]}, not ${expected}`,
        );
        return;
      }
      this.#expectNoise(channel.subarray(0, Math.min(samples, windowMax)), index, position, what);
      if (samples > 2 * windowMax) {
        const from = samples - windowMax;
        this.#expectNoise(channel.subarray(from, samples), index, position + from, `${what}, at the end`);
      }
    });
  }

  #expectNoise(window: Float32Array, channel: number, position: number, what: string): void {
    if (window.length < windowMin) return;
    const found = this.#finder(channel).findNear(window, position, searchRadius);
    ensure(found, `${what}: sound at ${position} of channel ${channel} is not the clip's`);
    const off = found.position - position;
    ensure(
      Math.abs(off) <= this.truth.sampleSlack + 0.5,
      `${what}: sound of channel ${channel} is ${off.toFixed(1)} samples from its place at ${position}`,
    );
  }

  #finder(channel: number): NoiseFinder {
    let finder = this.#finders.get(channel);
    if (finder === undefined) {
      const { id, sound } = this.truth.pattern;
      ensure(sound, "the clip has sound");
      const samples = sound.samples + this.truth.tailSamples;
      finder = new NoiseFinder({ asset: id, channel, sampleRate: sound.sampleRate, samples });
      this.#finders.set(channel, finder);
    }
    return finder;
  }
}
