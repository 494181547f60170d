import {
  type Conformer,
  type PictureBuffer,
  type PictureFrame,
  type PictureTreatment,
  PlayoutError,
  type ProgramFormat,
  type SampleIndex,
  type SoundConformer,
} from "@retrovue/core";
import { LibavSoundConformer } from "./libav-sound-conformer.js";
import { fromNative, type NativeConform, type NativeConformer } from "./native.js";
import type { LibavConformerOptions } from "./options.js";
import { recipeKey, recipeOf } from "./recipe.js";

/**
 * Recipes that are kept with their scalers and scratch pictures, the least recently used going first. A channel shows a
 * handful of formats at a time: this segment's and the next one's, each with an aspect policy.
 */
const recipesMax = 16;

const fieldCodes = Object.freeze({ both: 0, first: 1, second: 2 });

/**
 * Pictures by zimg on a thread of their own, straight into the loaned buffer; sound by libswresample, synchronously.
 */
export class LibavConformer implements Conformer {
  readonly #native: NativeConform;
  readonly #worker: NativeConformer;
  readonly #options: LibavConformerOptions;
  /** By format, in the order of use. */
  readonly #recipes = new Map<string, number>();
  #job = 0;
  #disposed = false;

  constructor(
    readonly format: ProgramFormat,
    native: NativeConform,
    options: LibavConformerOptions,
  ) {
    this.#native = native;
    this.#options = options;
    this.#worker = new native.Conformer(options.threads);
  }

  async picture(
    from: PictureFrame,
    into: PictureBuffer,
    how: PictureTreatment,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#disposed) throw closed();
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
    const job = this.#nextJob();
    const cancel = () => this.#worker.cancel(job);
    signal.addEventListener("abort", cancel, { once: true });
    try {
      await this.#worker.picture(
        this.#recipe(from, how),
        job,
        from.planes,
        from.strides,
        into.planes,
        into.strides,
        how.alpha,
        fieldCodes[how.field],
        Number(from.time),
        from.inPlace,
      );
    } catch (error) {
      if (this.#disposed) throw closed();
      const failure = fromNative(error);
      throw failure.code === "Cancelled" && signal.aborted
        ? PlayoutError.from(signal.reason, "Cancelled")
        : failure;
    } finally {
      signal.removeEventListener("abort", cancel);
      cancel();
    }
  }

  openSound(sampleRate: number, channels: number, layout: string, _start: SampleIndex): SoundConformer {
    if (this.#disposed) throw closed();
    const { sampleRate: houseRate, channels: houseChannels } = this.format;
    try {
      // A house sample is taken to be heard at the asset's zero exactly, so there is no phase to round.
      return new LibavSoundConformer(
        new this.#native.Sound(sampleRate, channels, layout, houseRate, houseChannels),
      );
    } catch (error) {
      throw fromNative(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#recipes.clear();
    this.#worker.close();
  }

  /** Names a picture under way; far more than can be under way at a time. */
  #nextJob(): number {
    this.#job = (this.#job + 1) % 0x1_0000_0000;
    return this.#job;
  }

  #recipe(from: PictureFrame, how: PictureTreatment): number {
    const key = recipeKey(from.format, how.aspect);
    const known = this.#recipes.get(key);
    if (known !== undefined) {
      this.#recipes.delete(key);
      this.#recipes.set(key, known);
      return known;
    }
    const recipe = this.#worker.add(recipeOf(from.format, this.format, how.aspect, this.#options.filter));
    this.#recipes.set(key, recipe);
    for (const [oldest, id] of this.#recipes) {
      if (this.#recipes.size <= recipesMax) break;
      this.#recipes.delete(oldest);
      this.#worker.forget(id);
    }
    return recipe;
  }
}

const closed = (): PlayoutError => new PlayoutError("Closed", "The conformer was disposed.");
