import {
  type Conformer,
  mediaTime,
  type SampleIndex,
  type SoundBlock,
  type SoundConformer,
  type SoundTreatment,
} from "@retrovue/core";
import { NoiseSoundMark, writeExactSound } from "@retrovue/core/testing";
import { ensure } from "../framework/check.js";
import { assetId } from "./subject.js";

/** 0 dB, no ramp. */
export const untouched: SoundTreatment = Object.freeze({ gainDb: 0, rampFrom: 1, rampTo: 1 });

const layouts: Readonly<Record<number, string>> = { 1: "mono", 2: "stereo", 6: "5.1" };

/** Opens sound at the asset's zero. */
export const openSound = (conformer: Conformer, sampleRate: number, channels: number): SoundConformer =>
  conformer.openSound(sampleRate, channels, layouts[channels] ?? `${channels} channels`, 0 as SampleIndex);

/** A block of sound from `position` on; `released` says how often it was given back. */
export function block(
  sampleRate: number,
  position: number,
  channels: readonly Float32Array[],
): SoundBlock & { readonly released: () => number } {
  let releases = 0;
  return {
    channels,
    samples: channels[0]?.length ?? 0,
    sampleRate,
    time: mediaTime((BigInt(position) * 1_000_000_000n) / BigInt(sampleRate)),
    release: () => {
      releases++;
    },
    released: () => releases,
  };
}

/** Channels that each spell their positions exactly. */
export const exactSound = (channels: number, position: number, samples: number): Float32Array[] =>
  Array.from({ length: channels }, (_, channel) => {
    const made = new Float32Array(samples);
    writeExactSound(made, 0, samples, assetId, channel, position);
    return made;
  });

/** Channels of noise that a finder knows. */
export const noiseSound = (
  channels: number,
  sampleRate: number,
  position: number,
  samples: number,
): Float32Array[] =>
  Array.from({ length: channels }, (_, channel) => {
    const made = new Float32Array(samples);
    new NoiseSoundMark(assetId, channel, sampleRate).write(made, 0, samples, position);
    return made;
  });

/** Pulls into new arrays. */
export function pull(
  sound: SoundConformer,
  channels: number,
  samples: number,
  how: SoundTreatment = untouched,
): Float32Array[] {
  const into = Array.from({ length: channels }, () => new Float32Array(samples));
  sound.pull(into, 0, samples, how);
  return into;
}

/** Pushes a whole sound in portions, ends it, and pulls all that it gives. */
export function through(
  sound: SoundConformer,
  sampleRate: number,
  source: readonly Float32Array[],
  houseChannels: number,
  portion = 1_024,
): Float32Array[] {
  const total = source[0]?.length ?? 0;
  const parts: Float32Array[][] = [];
  const take = (): void => {
    if (sound.available > 0) parts.push(pull(sound, houseChannels, sound.available));
  };
  for (let at = 0; at < total; at += portion) {
    sound.push(
      block(
        sampleRate,
        at,
        source.map((channel) => channel.subarray(at, at + portion)),
      ),
    );
    take();
  }
  sound.end();
  take();
  const count = parts.reduce((sum, part) => sum + (part[0]?.length ?? 0), 0);
  return Array.from({ length: houseChannels }, (_, channel) => {
    const whole = new Float32Array(count);
    let at = 0;
    for (const part of parts) {
      const piece = part[channel];
      ensure(piece, "every house channel is written");
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  });
}
