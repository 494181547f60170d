/**
 * The exact sound mark, for paths that change no sample: each float32 sample is a whole number of 24 bits over 2^23 that
 * spells its own position, so that one lost, doubled or foreign sample shows at once.
 *
 *     channel 0        asset id (8 bits) · position modulo 2^16
 *     channels 1…7     position / 2^16 (8 bits) · (position + channel · 40503) modulo 2^16
 *
 * A mono sound tells its asset and its position within 65 536 samples; two channels tell it within 2^24 samples (5.8
 * minutes at 48 kHz), and tell channels apart. Asset id 0 is never used, so that silence is not a mark.
 */
const scale = 1 / 0x80_0000;
const offset = 0x80_0000;
/** An odd number near 2^16 / golden ratio keeps the channels of a position far apart. */
const channelStep = 40_503;

/** A place in an asset's sound. */
export interface SoundMark {
  readonly asset: number;
  /** Index of the sample in its asset: modulo 2^16 where one channel was read, 2^24 where more were. */
  readonly position: number;
}

/** The value of one sample. */
export function exactSample(asset: number, channel: number, position: number): number {
  const high = channel === 0 ? asset : Math.floor(position / 0x1_0000);
  const low = position + channel * channelStep;
  return ((((high & 0xff) << 16) | (low & 0xffff)) - offset) * scale;
}

/** Writes `samples` samples of a channel, the first of which is sample `position` of the asset. */
export function writeExactSound(
  into: Float32Array,
  at: number,
  samples: number,
  asset: number,
  channel: number,
  position: number,
): void {
  const shift = (channel * channelStep) & 0xffff;
  let done = 0;
  while (done < samples) {
    // Within a run neither half of the number wraps, so that it is a plain ramp.
    const here = position + done;
    const low = (here + shift) & 0xffff;
    const high = channel === 0 ? asset & 0xff : Math.floor(here / 0x1_0000) & 0xff;
    const untilHigh = 0x1_0000 - (here & 0xffff);
    const run = Math.min(samples - done, 0x1_0000 - low, untilHigh);
    let value = ((high << 16) | low) - offset;
    const end = at + done + run;
    for (let i = at + done; i < end; i++) into[i] = value++ * scale;
    done += run;
  }
}

/**
 * Compares `samples` samples with what the asset has from `position` on. Returns how many of them match from the start:
 * `samples` where all do. Allocates nothing.
 */
export function matchExactSound(
  from: Float32Array,
  at: number,
  samples: number,
  asset: number,
  channel: number,
  position: number,
): number {
  const shift = (channel * channelStep) & 0xffff;
  let done = 0;
  while (done < samples) {
    const here = position + done;
    const low = (here + shift) & 0xffff;
    const high = channel === 0 ? asset & 0xff : Math.floor(here / 0x1_0000) & 0xff;
    const run = Math.min(samples - done, 0x1_0000 - low, 0x1_0000 - (here & 0xffff));
    let value = ((high << 16) | low) - offset;
    for (let i = 0; i < run; i++) if (from[at + done + i] !== value++ * scale) return done + i;
    done += run;
  }
  return samples;
}

/** What the sample at `at` says, from one or more channels; undefined for silence, foreign sound or altered samples. */
export function readExactSound(channels: readonly Float32Array[], at = 0): SoundMark | undefined {
  const first = wordOf(channels[0]?.[at]);
  if (first === undefined || first >>> 16 === 0) return undefined;
  const asset = first >>> 16;
  const low = first & 0xffff;
  if (channels.length === 1) return { asset, position: low };
  const second = wordOf(channels[1]?.[at]);
  if (second === undefined) return undefined;
  const position = (second >>> 16) * 0x1_0000 + low;
  for (let channel = 1; channel < channels.length; channel++) {
    if (channels[channel]?.[at] !== exactSample(asset, channel, position)) return undefined;
  }
  return { asset, position };
}

function wordOf(sample: number | undefined): number | undefined {
  if (sample === undefined) return undefined;
  const word = sample * offset + offset;
  return Number.isInteger(word) && word >= 0 && word < 2 * offset ? word : undefined;
}
