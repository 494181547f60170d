import { NoiseFinder, NoiseSoundMark } from "@retrovue/core/testing";
import type { Clip } from "@retrovue/plugin-contract";

/** How far around its place sound is looked for, samples: what is farther away is not the clip's, or is missing. */
const radius = 480;
/** Seconds over which a cut is ramped, on each side. */
const cutSeconds = 0.002;
/** Samples written with 24 bits, or with 16, and rounded. */
const roundingOf = (codec: string): number | undefined =>
  codec.endsWith("flac") || codec.endsWith("pcm24")
    ? 2 ** -22
    : codec.endsWith("pcm16")
      ? 2 ** -14
      : undefined;

/** Where the sound of a tick should be. */
export interface SoundPlace {
  readonly clip: Clip;
  readonly position: number;
  readonly cutIn: boolean;
  readonly cutOut: boolean;
}

/** Tells where in its clip a stretch of sound comes from. */
export class SoundMarks {
  readonly #finders = new Map<Clip, NoiseFinder>();
  readonly #sampleRate: number;

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  /**
   * What is wrong with a tick's sound (its first channel), undefined where nothing is.
   *
   * @param slack samples that it may lie beside its place
   */
  fault(sound: Float32Array, { clip, position }: SoundPlace, slack: number): string | undefined {
    const found = this.#finderOf(clip).findNear(sound, position, radius);
    if (found === undefined)
      return `sound of ${clip.name} from sample ${position}, found ${this.#describe(sound, clip)}`;
    const beside = found.position - position;
    if (Math.abs(beside) <= slack) return undefined;
    return `sound of ${clip.name} from sample ${position}, found it ${beside.toFixed(2)} samples from there (likeness ${found.likeness.toFixed(2)})`;
  }

  /** The same, sample by sample, for sound that was neither coded with loss nor changed in rate; undefined too where it was. */
  exactFault(sound: Float32Array, place: SoundPlace): string | undefined {
    const { clip, position, cutIn, cutOut } = place;
    const own = clip.truth.pattern.sound;
    const rounding = roundingOf(clip.name);
    if (own === undefined || rounding === undefined) return undefined;
    if (own.sampleRate !== this.#sampleRate || own.channels !== 2) return undefined;
    const planned = new Float32Array(sound.length);
    new NoiseSoundMark(clip.truth.pattern.id, 0, own.sampleRate).write(planned, 0, sound.length, position);
    const cut = Math.floor(this.#sampleRate * cutSeconds);
    for (let i = 0; i < sound.length; i++) {
      const [is, was] = [sound[i] ?? 0, planned[i] ?? 0];
      const isRamped = (cutIn && i < cut) || (cutOut && i >= sound.length - cut);
      // Under a ramp a sample may be anything between silence and itself.
      const isRight = isRamped
        ? Math.abs(is) <= Math.abs(was) + rounding && is * was >= -rounding
        : Math.abs(is - was) <= rounding;
      if (!isRight) return `sample ${position + i} of ${clip.name} to be ${was}, found ${is}`;
    }
    return undefined;
  }

  #describe(sound: Float32Array, clip: Clip): string {
    const energy = sound.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, sound.length);
    if (energy < 1e-8) return "silence";
    const anywhere = this.#finderOf(clip).find(sound);
    return anywhere === undefined
      ? "other sound"
      : `its sample ${anywhere.position.toFixed(1)} (likeness ${anywhere.likeness.toFixed(2)})`;
  }

  #finderOf(clip: Clip): NoiseFinder {
    const known = this.#finders.get(clip);
    if (known !== undefined) return known;
    const { pattern } = clip.truth;
    const samples = pattern.sound ? (pattern.sound.samples * this.#sampleRate) / pattern.sound.sampleRate : 0;
    const finder = new NoiseFinder({
      asset: pattern.id,
      channel: 0,
      sampleRate: this.#sampleRate,
      samples: Math.ceil(samples),
    });
    this.#finders.set(clip, finder);
    return finder;
  }
}
