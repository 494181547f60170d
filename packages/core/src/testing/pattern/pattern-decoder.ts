import type { Decoder, OpenOptions, ReadPictureOptions } from "../../decoder/decoder.js";
import { InvariantViolation } from "../../errors/invariant.js";
import { PlayoutError } from "../../errors/playout-error.js";
import type { AssetInfo } from "../../media/asset.js";
import { type EndOfMedia, endOfMedia, type PictureFrame } from "../../media/picture.js";
import type { PictureFormat } from "../../media/picture-format.js";
import type { SoundBlock } from "../../media/sound.js";
import { sameRational } from "../../time/rational.js";
import type { MediaTime } from "../../time/units.js";
import { type PatternAsset, sampleNearest } from "./pattern-asset.js";
import { patternFormat, patternInfo } from "./pattern-info.js";
import { PatternPicturePool } from "./pattern-pictures.js";
import { PatternSoundPool } from "./pattern-sound-pool.js";

/** The slack of "the picture shown at" (timing.md): timestamps rounded to 1 ms give the same pictures as exact ones. */
const seekSlackNs = 2_000_000n;

/** What a pattern decoder tells its maker. */
export interface PatternDecoderWatch {
  /** The caller broke the port's contract: two reads of a kind at once, a read during a seek, zero samples. */
  misused(what: string): void;
  /** The decoder was disposed while these were still out. */
  disposed(held: { readonly pictures: number; readonly sounds: number }): void;
}

/**
 * Plays a `PatternAsset`: every picture and sample says where it comes from. It keeps the port's contract to the letter
 * and is strict with its caller: what others may forgive is counted as misuse and rejects with `InvariantViolation`.
 */
export class PatternDecoder implements Decoder {
  readonly info: AssetInfo;
  readonly #pictures: PatternPicturePool | undefined;
  readonly #sound: PatternSoundPool | undefined;
  readonly #inPlaceOk: boolean;
  readonly #watch: PatternDecoderWatch;
  /** Aborted with `Closed` on disposal; replaced (and aborted with `Cancelled`) by each seek. */
  #running = new AbortController();
  #nextPicture = 0;
  #nextSample = 0;
  #pictureRead = false;
  #soundRead = false;
  #disposed = false;

  constructor(
    readonly asset: PatternAsset,
    options: OpenOptions,
    watch: PatternDecoderWatch,
  ) {
    const format = asset.pictures && patternFormat(asset.pictures, options.wanted);
    this.info = patternInfo(asset, format);
    this.#pictures =
      asset.pictures &&
      format &&
      new PatternPicturePool(asset, asset.pictures, format, options.picturesHeldMax ?? 4);
    this.#sound = asset.sound && new PatternSoundPool(asset, asset.sound);
    this.#inPlaceOk =
      options.wanted !== undefined && format !== undefined && sameFormat(format, options.wanted);
    this.#watch = watch;
  }

  /** What is lent and not given back. */
  outstanding(): { readonly pictures: number; readonly sounds: number } {
    return { pictures: this.#pictures?.lent ?? 0, sounds: this.#sound?.lending.lent ?? 0 };
  }

  async seek(to: MediaTime, signal: AbortSignal): Promise<void> {
    this.#check(signal);
    this.#interrupt(new PlayoutError("Cancelled", "A seek began while this read was waiting."));
    const { pictures, sound } = this.asset;
    if (pictures) {
      const end = Number.isFinite(pictures.count) ? pictures.times.at(pictures.count) : undefined;
      this.#nextPicture =
        end !== undefined && to >= end
          ? pictures.count
          : Math.min(pictures.times.atOrBefore(to + seekSlackNs), pictures.count - 1);
    }
    if (sound) this.#nextSample = Math.min(to <= 0n ? 0 : sampleNearest(to, sound.sampleRate), sound.samples);
  }

  async readPicture(
    notBefore: MediaTime,
    options: ReadPictureOptions,
    signal: AbortSignal,
  ): Promise<PictureFrame | EndOfMedia> {
    this.#check(signal);
    if (this.#pictureRead) throw this.#misuse("a second picture read while one is in flight");
    const [pool, pictures] = [this.#pictures, this.asset.pictures];
    if (pool === undefined || pictures === undefined) return endOfMedia;
    // The last picture has no successor and is never skipped: it is what a channel holds.
    const shown = Math.min(pictures.times.atOrBefore(notBefore), pictures.count - 1);
    const n = Math.max(this.#nextPicture, shown);
    if (n >= pictures.count) return endOfMedia;
    if (options.into !== undefined && this.#inPlaceOk) {
      this.#nextPicture = n + 1;
      return pool.lendInPlace(options.into, n);
    }
    let slot = pool.lending.take();
    if (slot === undefined) {
      this.#pictureRead = true;
      try {
        slot = await pool.lending.whenFree(AbortSignal.any([signal, this.#running.signal]));
      } finally {
        this.#pictureRead = false;
      }
    }
    this.#nextPicture = n + 1;
    return pool.lend(slot, n);
  }

  async readSound(samples: number, signal: AbortSignal): Promise<SoundBlock | EndOfMedia> {
    this.#check(signal);
    if (this.#soundRead) throw this.#misuse("a second sound read while one is in flight");
    if (!Number.isInteger(samples) || samples < 1) throw this.#misuse(`a read of ${samples} samples`);
    const [pool, sound] = [this.#sound, this.asset.sound];
    if (pool === undefined || sound === undefined || this.#nextSample >= sound.samples) return endOfMedia;
    let slot = pool.lending.take();
    if (slot === undefined) {
      this.#soundRead = true;
      try {
        slot = await pool.lending.whenFree(AbortSignal.any([signal, this.#running.signal]));
      } finally {
        this.#soundRead = false;
      }
    }
    const position = this.#nextSample;
    const count = Math.min(samples, sound.samples - position);
    this.#nextSample = position + count;
    return pool.lend(slot, position, count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#watch.disposed(this.outstanding());
    this.#running.abort(closed());
  }

  #check(signal: AbortSignal): void {
    if (this.#disposed) throw closed();
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
  }

  #interrupt(why: PlayoutError): void {
    this.#running.abort(why);
    this.#running = new AbortController();
  }

  #misuse(what: string): InvariantViolation {
    this.#watch.misused(what);
    return new InvariantViolation(`The decoder port was misused: ${what}.`);
  }
}

const closed = (): PlayoutError =>
  new PlayoutError("Closed", "The decoder was disposed; open the asset again to read on.");

const sameFormat = (a: PictureFormat, b: PictureFormat): boolean =>
  a.width === b.width &&
  a.height === b.height &&
  a.pixelFormat === b.pixelFormat &&
  sameRational(a.sampleAspect, b.sampleAspect) &&
  a.fieldOrder === b.fieldOrder &&
  a.rotation === b.rotation &&
  a.colour.matrix === b.colour.matrix &&
  a.colour.transfer === b.colour.transfer &&
  a.colour.primaries === b.colour.primaries &&
  a.colour.range === b.colour.range;
