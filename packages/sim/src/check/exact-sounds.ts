import { writeExactSound } from "@retrovue/core/testing";

/** After so many samples a channel's mark comes to another of its ramps: a page of it is kept as it is. */
const pageSamples = 0x1_0000;

/** Samples, and the same memory as bytes. */
export interface SampleBytes {
  readonly samples: Float32Array;
  readonly bytes: Buffer;
}

/** Samples that can be compared as bytes. */
export function sampleBytes(length: number): SampleBytes {
  const samples = new Float32Array(length);
  return { samples, bytes: Buffer.from(samples.buffer) };
}

/**
 * What assets sound like, kept in pages: comparing each sample with what it should be, worked out one by one, took a fifth of a
 * world's time. Marks of the first channel repeat themselves with each page, those of the others are the same for all assets.
 */
export class ExactSounds {
  readonly #pages = new Map<number, SampleBytes>();
  readonly #scratch: SampleBytes;

  /** @param samplesMax the most that are asked for at one time */
  constructor(samplesMax: number) {
    this.#scratch = sampleBytes(samplesMax);
  }

  /** True where these samples are those of the asset from `position` on, to the bit. */
  isAt(heard: SampleBytes, samples: number, asset: number, channel: number, position: number): boolean {
    const from = position % pageSamples;
    if (position < 0 || from + samples > pageSamples) {
      const { bytes } = this.#drawn(samples, asset, channel, position);
      return bytes.compare(heard.bytes, 0, samples * 4, 0, samples * 4) === 0;
    }
    const { bytes } = this.#page(asset, channel, position);
    return bytes.compare(heard.bytes, 0, samples * 4, from * 4, (from + samples) * 4) === 0;
  }

  /** The samples themselves, silence before the asset's first; valid until the next call. */
  from(samples: number, asset: number, channel: number, position: number): Float32Array {
    const from = position % pageSamples;
    if (position < 0 || from + samples > pageSamples) {
      return this.#drawn(samples, asset, channel, position).samples;
    }
    return this.#page(asset, channel, position).samples.subarray(from, from + samples);
  }

  #page(asset: number, channel: number, position: number): SampleBytes {
    const number = channel === 0 ? 0 : Math.floor(position / pageSamples);
    const key = ((number * 8 + channel) << 8) | (channel === 0 ? asset : 0);
    let page = this.#pages.get(key);
    if (page === undefined) {
      page = sampleBytes(pageSamples);
      writeExactSound(page.samples, 0, pageSamples, asset, channel, number * pageSamples);
      this.#pages.set(key, page);
    }
    return page;
  }

  #drawn(samples: number, asset: number, channel: number, position: number): SampleBytes {
    const before = Math.min(samples, Math.max(0, -position));
    this.#scratch.samples.fill(0, 0, before);
    writeExactSound(this.#scratch.samples, before, samples - before, asset, channel, position + before);
    return this.#scratch;
  }
}
