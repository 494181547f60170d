import type { PictureBuffer } from "../bus/frame-bus.js";
import type { PictureFrame } from "../media/picture.js";
import type { AspectPolicy, ProgramFormat } from "../media/program-format.js";
import type { SoundBlock } from "../media/sound.js";
import type { SampleIndex } from "../time/units.js";

/** What happens to a picture on its way to program format. */
export interface PictureTreatment {
  readonly aspect: AspectPolicy;
  /** 0 = black … 1 = untouched; exactly 0 at the first tick of a fade-in. */
  readonly alpha: number;
  /** Which field to show where the source is interlaced and the house rate asks for one picture per field. */
  readonly field: "both" | "first" | "second";
}

/** What happens to one tick's sound. Ramps are linear in amplitude from its first sample to just past its last. */
export interface SoundTreatment {
  /** Decibels; 0 leaves matching samples bit-exact. Above full scale the limiter works. */
  readonly gainDb: number;
  /** Amplitude at the first sample and just past the last one; 1 and 1 leave samples untouched. */
  readonly rampFrom: number;
  readonly rampTo: number;
}

/**
 * Turns one asset's running sound into house sound. Resampling keeps state between blocks, so there is one of
 * these for each stretch that a decoder reads without a seek: made by `Conformer.openSound`, disposed at the next seek.
 * It begins with the first sample pushed, whatever time its block names. Every call is synchronous and short, from one thread; after
 * disposal all but another disposal throw `Closed`.
 */
export interface SoundConformer extends Disposable {
  /**
   * Takes a block from the decoder; the block may be released when this returns. Its rate and its number of channels may be
   * others than the last one's (a programme in stereo after a film in 5.1): sound goes on where it was, none of it lost or
   * doubled, at its own pitch, and lengths are added up before they are rounded to house samples. Channels are those of the
   * layout that this was opened with where that has as many, else guessed by their number. Throws `UnsupportedMedia`
   * for what cannot be converted.
   */
  push(block: SoundBlock): void;
  /** Says that no block will follow, so that the resampler gives out what it holds. */
  end(): void;
  /** House samples per channel ready to be pulled. */
  readonly available: number;
  /**
   * Writes `samples` house samples (never more than `available`) with the treatment into `into`, one array per
   * house channel, from `offset` on.
   */
  pull(into: readonly Float32Array[], offset: number, samples: number, how: SoundTreatment): void;
  /**
   * House samples that must still be pushed before `samples` can be pulled; 0 when they can. What the resampler holds back is
   * counted in: pushing `ceil(debt · sourceRate / houseRate)` source samples suffices, at the rate of the last block (at first the
   * one that this was opened for).
   */
  debt(samples: number): number;
}

/**
 * **Brings pictures and sound to the channel's program format.** One per channel and process.
 *
 * *Ownership.* The channel owns it and disposes it after its decoders. `picture` borrows both the frame and the
 * buffer until it settles; it releases neither.
 *
 * *Concurrency.* Any number of `picture` calls on distinct buffers; deinterlacing needs neighbours, so pictures
 * of one decoder are to be handed over in order. Sound conformers are independent of one another.
 *
 * *"Not yet" and "end".* `picture` settles when the buffer is filled completely, bars included.
 *
 * *After an error.* `UnsupportedMedia` (a format it cannot convert) or `Cancelled`; the buffer's content is then
 * undefined and must not be submitted. The conformer goes on.
 */
export interface Conformer extends AsyncDisposable {
  /** The program format it was made for. */
  readonly format: ProgramFormat;
  /** Fills `into` with `from`, scaled, placed, coloured and dimmed as asked. */
  picture(from: PictureFrame, into: PictureBuffer, how: PictureTreatment, signal: AbortSignal): Promise<void>;
  /**
   * A resampler for an asset whose zero is heard at house sample `start` (used to round phase only). Throws `UnsupportedMedia`
   * for what it cannot convert. The caller disposes it.
   *
   * @param sampleRate of the asset's first sound, samples per second
   * @param channels of it
   * @param layout which they are, by libav's name, as in `SoundStream.layout`
   */
  openSound(sampleRate: number, channels: number, layout: string, start: SampleIndex): SoundConformer;
}

/** Makes a channel's conformer. Any number at once; all of one factory are independent of one another. */
export interface ConformerFactory {
  /** The conformer is the caller's. Rejects with `Cancelled` or `Timeout`, and has then made nothing. */
  open(format: ProgramFormat, signal: AbortSignal): Promise<Conformer>;
}
