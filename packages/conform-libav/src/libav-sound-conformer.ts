import { invariant, type SoundBlock, type SoundConformer, type SoundTreatment } from "@retrovue/core";
import { fromNative, type NativeSound } from "./native.js";

/**
 * One running sound over libswresample; every call is a short synchronous one into native code. Sound whose rate and
 * layout are the house's passes bit for bit at 0 dB and without a ramp.
 */
export class LibavSoundConformer implements SoundConformer {
  readonly #sound: NativeSound;

  constructor(sound: NativeSound) {
    this.#sound = sound;
  }

  push(block: SoundBlock): void {
    call(() => this.#sound.push(block.channels, block.samples, block.sampleRate));
  }

  end(): void {
    call(() => this.#sound.end());
  }

  get available(): number {
    return call(() => this.#sound.available());
  }

  debt(samples: number): number {
    return call(() => this.#sound.debt(samples));
  }

  pull(into: readonly Float32Array[], offset: number, samples: number, how: SoundTreatment): void {
    const available = this.available;
    invariant(samples <= available, "never more than available is pulled");
    call(() => this.#sound.pull(into, offset, samples, how.gainDb, how.rampFrom, how.rampTo));
  }

  [Symbol.dispose](): void {
    this.#sound.close();
  }
}

function call<Result>(native: () => Result): Result {
  try {
    return native();
  } catch (error) {
    throw fromNative(error);
  }
}
