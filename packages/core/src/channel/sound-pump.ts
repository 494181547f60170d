import type { SoundConformer, SoundTreatment } from "../conform/conformer.js";
import type { Decoder } from "../decoder/decoder.js";
import { endOfMedia } from "../media/picture.js";
import type { SampleIndex } from "../time/units.js";
import { Wake } from "./wake.js";

/** What a pump works on. */
export interface SoundPumpOptions {
  readonly decoder: Decoder;
  readonly conformer: SoundConformer;
  /** House sample at which the first sample given by the decoder is heard. */
  readonly startAt: SampleIndex;
  /** House samples to keep ready. */
  readonly aheadSamples: number;
  /** Sound channels of the house. */
  readonly channels: number;
  /** Called when more is ready, or the end was found. */
  readonly onProgress: () => void;
  /** Brackets each read, for the watch over hanging decoders. */
  readonly onRead: (reading: boolean) => void;
}

/** Samples that can be thrown away at one go when the line has moved past them. */
const discardMax = 4096;

/**
 * Pulls sound out of a decoder by debt, independent of pictures, and keeps it ready in house format, addressed by house
 * sample: what has not been taken when its time is over is thrown away, so sound that returns is at its place.
 */
export class SoundPump implements Disposable {
  readonly #options: SoundPumpOptions;
  readonly #wake = new Wake();
  readonly #waste: readonly Float32Array[];
  #at: SampleIndex;
  #ended = false;
  #blocksRead = 0;
  /** House samples with which it has enough: below that it fills up to `aheadSamples` again. */
  #enough: number;

  constructor(options: SoundPumpOptions) {
    this.#options = options;
    this.#at = options.startAt;
    this.#enough = options.aheadSamples;
    this.#waste = Array.from({ length: options.channels }, () => new Float32Array(discardMax));
  }

  /** House sample of the next one that can be taken. */
  get at(): SampleIndex {
    return this.#at;
  }

  get available(): number {
    return this.#options.conformer.available;
  }

  /** True once the media has no more sound than is available. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Blocks read so far: tells a slow decoder from one that hangs. */
  get blocksRead(): number {
    return this.#blocksRead;
  }

  /** True once as much is ready as is kept ready, or all there is. */
  get primed(): boolean {
    return this.#ended || this.available >= this.#enough;
  }

  /** Reads ahead until the signal aborts; resolves when the media's sound is all read. */
  async run(signal: AbortSignal): Promise<void> {
    const { decoder, conformer, aheadSamples, onProgress, onRead } = this.#options;
    while (!signal.aborted) {
      const debt = this.available >= this.#enough ? 0 : conformer.debt(aheadSamples);
      if (debt <= 0) {
        await this.#wake.wait();
        continue;
      }
      onRead(true);
      const block = await decoder.readSound(debt, signal);
      onRead(false);
      if (signal.aborted) {
        // A decoder may overlook its signal; what it gives then is wanted by nobody.
        if (block !== endOfMedia) block.release();
        return;
      }
      if (block === endOfMedia) {
        conformer.end();
        this.#ended = true;
        onProgress();
        return;
      }
      this.#blocksRead += 1;
      conformer.push(block);
      block.release();
      onProgress();
    }
  }

  /** What is next to be taken is heard at another house sample than was thought; nothing has been taken yet. */
  moveTo(sample: SampleIndex): void {
    this.#at = sample;
  }

  /** Throws away what was to be heard before `sample`, as far as it is there. */
  skipTo(sample: SampleIndex): void {
    while (this.#at < sample && this.available > 0) {
      const samples = Math.min(sample - this.#at, this.available, discardMax);
      this.#pull(this.#waste, 0, samples, untouched);
    }
  }

  /** Takes samples that are available. */
  take(into: readonly Float32Array[], offset: number, samples: number, how: SoundTreatment): void {
    // On air it reads a fifth of what it keeps at one go, where a read for each tick would cost several times as much.
    this.#enough = Math.ceil((this.#options.aheadSamples * 4) / 5);
    this.#pull(into, offset, samples, how);
  }

  /** Lets `run` look again: at its signal, or at what was taken. */
  nudge(): void {
    this.#wake.notify();
  }

  #pull(into: readonly Float32Array[], offset: number, samples: number, how: SoundTreatment): void {
    this.#options.conformer.pull(into, offset, samples, how);
    this.#at = (this.#at + samples) as SampleIndex;
    this.#wake.notify();
  }

  [Symbol.dispose](): void {
    this.#wake.notify();
    this.#options.conformer[Symbol.dispose]();
  }
}

const untouched: SoundTreatment = Object.freeze({ gainDb: 0, rampFrom: 1, rampTo: 1 });
