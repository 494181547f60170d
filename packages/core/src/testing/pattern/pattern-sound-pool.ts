import type { SoundBlock } from "../../media/sound.js";
import { writeExactSound } from "../marks/exact-sound-mark.js";
import { NoiseSoundMark } from "../marks/noise-sound-mark.js";
import { Lending } from "./lending.js";
import { type PatternAsset, type PatternSound, sampleTime } from "./pattern-asset.js";

/** Blocks that may be out at one time; a taker then waits. */
export const soundBlocksMax = 8;

/** Memory of one block; grows to the longest read asked of it and stays there. */
interface SoundSlot {
  channels: readonly Float32Array[];
}

/** Writes the sound of one open pattern and lends it. */
export class PatternSoundPool {
  readonly lending: Lending<SoundSlot>;
  readonly #noise: readonly NoiseSoundMark[];

  constructor(
    private readonly asset: PatternAsset,
    private readonly sound: PatternSound,
  ) {
    this.lending = new Lending(
      Array.from({ length: soundBlocksMax }, () => ({ channels: arrays(sound.channels, 0) })),
    );
    this.#noise =
      sound.mark === "noise"
        ? Array.from(
            { length: sound.channels },
            (_, channel) => new NoiseSoundMark(asset.id, channel, sound.sampleRate),
          )
        : [];
  }

  /** `samples` samples from `position` on. */
  lend(slot: SoundSlot, position: number, samples: number): SoundBlock {
    if ((slot.channels[0]?.length ?? 0) < samples) slot.channels = arrays(this.sound.channels, samples);
    for (let channel = 0; channel < this.sound.channels; channel++) {
      const into = slot.channels[channel];
      if (into === undefined) continue;
      const noise = this.#noise[channel];
      if (noise) noise.write(into, 0, samples, position);
      else writeExactSound(into, 0, samples, this.asset.id, channel, position);
    }
    let out = true;
    return {
      channels: slot.channels,
      samples,
      sampleRate: this.sound.sampleRate,
      time: sampleTime(position, this.sound.sampleRate),
      release: () => {
        if (out) this.lending.giveBack(slot);
        out = false;
      },
    };
  }
}

const arrays = (channels: number, samples: number): readonly Float32Array[] =>
  Array.from({ length: channels }, () => new Float32Array(samples));
