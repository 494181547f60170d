import {
  type AssetInfo,
  type Decoder,
  type EndOfMedia,
  endOfMedia,
  type MediaTime,
  mediaTime,
  type PictureFormat,
  type PictureFrame,
  PlayoutError,
  type Rational,
  type ReadPictureOptions,
  rational,
  type SoundBlock,
} from "@retrovue/core";
import { assetInfoOf } from "./asset-info.js";
import type { LoanedBuffers } from "./loaned-buffers.js";
import type { NativePicture } from "./native.js";
import { native, throwIfAborted } from "./native-errors.js";
import { closed, type OpenSession, type Session } from "./session.js";
import { SoundPool } from "./sound-pool.js";

/** Times beyond this are taken for it: 146 years, within what nanoseconds in 64 bits can be added to. */
const timeMax = 1n << 62n;

/** Formats that keep their index (session_object.cc: formatsMax, less the last). */
const formatsKept = 63;

/**
 * Where a decoder's pictures come from, one by one: the session itself, or something that looks at them first. `take` as
 * `Decoder.readPicture`; a take that rejects because a signal was aborted has taken nothing.
 */
export interface NativePictures {
  take(notBeforeNs: bigint, signals: readonly AbortSignal[]): Promise<NativePicture | null>;
  /** A seek is about to begin: what was taken ahead is let go of. */
  reset(): void;
}

/** What a decoder is told beside its session. */
export interface LibavDecoderSettings {
  /** Told at disposal how many threads the pictures took. */
  readonly onLearnt?: (threads: number) => void;
  /** Default: the session's pictures as they come. */
  readonly pictures?: NativePictures;
}

/** Plays one asset through libav. See the port for what it promises. */
export class LibavDecoder implements Decoder {
  readonly info: AssetInfo;
  readonly #session: Session;
  readonly #timeBase: Rational | undefined;
  readonly #formats = new Map<number, PictureFormat>();
  readonly #sounds = new SoundPool();
  /** Aborted by each seek, and then replaced: ends reads in flight. */
  #reads = new AbortController();
  readonly #buffers: LoanedBuffers | undefined;
  readonly #settings: LibavDecoderSettings;
  readonly #pictures: NativePictures;
  #soundChannels: number;
  #disposed = false;

  /** Takes the session over, and the buffers that it decodes into. */
  constructor(uri: string, { session, info, buffers }: OpenSession, settings: LibavDecoderSettings = {}) {
    this.#session = session;
    this.#settings = settings;
    this.#pictures = settings.pictures ?? asTheyCome(session);
    this.#buffers = buffers;
    this.info = assetInfoOf(uri, info);
    buffers?.decide(this.info.picture?.format);
    this.#soundChannels = info.sound?.channels ?? 0;
    const base = info.picture?.timeBase;
    this.#timeBase = base && rational(base.num, base.den);
  }

  async seek(to: MediaTime, signal: AbortSignal): Promise<void> {
    this.#check(signal);
    this.#reads.abort(new PlayoutError("Cancelled", "A seek has overtaken this read."));
    this.#reads = new AbortController();
    const overtaken = this.#reads.signal;
    this.#pictures.reset();
    native(this.info.uri, () => this.#session.direct.seek(within(to)));
    await this.#session.ask((session) => session.sought() || undefined, [signal, overtaken]);
  }

  async readPicture(
    notBefore: MediaTime,
    _options: ReadPictureOptions,
    signal: AbortSignal,
  ): Promise<PictureFrame | EndOfMedia> {
    this.#check(signal);
    const read = await this.#pictures.take(within(notBefore), [signal, this.#reads.signal]);
    this.#buffers?.tend();
    return read === null ? endOfMedia : this.#lend(read);
  }

  async readSound(samples: number, signal: AbortSignal): Promise<SoundBlock | EndOfMedia> {
    this.#check(signal);
    if (!Number.isSafeInteger(samples) || samples < 1) {
      throw new PlayoutError("InvalidArgument", `A read of ${samples} samples is none.`);
    }
    const reads = this.#reads.signal;
    for (;;) {
      const arrays = this.#sounds.take(this.#soundChannels, samples);
      try {
        const read = await this.#session.ask(
          (session) => session.readSound(samples, arrays),
          [signal, reads],
        );
        if (read !== null && typeof read !== "number") return this.#sounds.lend(arrays, read);
        this.#sounds.giveBack(arrays);
        if (read === null) return endOfMedia;
        this.#soundChannels = read;
      } catch (thrown) {
        this.#sounds.giveBack(arrays);
        throw thrown;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#disposed) this.#settings.onLearnt?.(this.#session.direct.threadsWanted());
    this.#disposed = true;
    this.#buffers?.stop();
    await this.#session.close();
    this.#buffers?.tend();
  }

  #check(signal: AbortSignal): void {
    if (this.#disposed) throw closed();
    throwIfAborted(signal);
  }

  #lend(picture: NativePicture): PictureFrame {
    const { direct } = this.#session;
    const buffers = this.#buffers;
    // A hold for as long as the frame is out; the codec has one of its own.
    const placed = buffers?.hold(picture);
    let out = true;
    return {
      planes: placed?.planes ?? picture.planes ?? [],
      strides: placed?.strides ?? picture.strides ?? [],
      format: this.#formatOf(picture.formatIndex),
      time: mediaTime(picture.timeNs),
      duration: picture.durationNs < 0n ? undefined : mediaTime(picture.durationNs),
      sourcePts: picture.sourcePts,
      sourceTimeBase: this.#timeBase,
      sourceIndex: undefined,
      concealed: picture.concealed,
      inPlace: false,
      ...(placed?.share && { holdBuffer: placed.share.bind(placed, undefined) }),
      ancillary: picture.ancillary,
      release: () => {
        if (!out) return;
        out = false;
        direct.releasePicture(picture);
        placed?.release();
        buffers?.tend();
      },
    };
  }

  #formatOf(index: number): PictureFormat {
    let format = this.#formats.get(index);
    if (format === undefined) {
      format = this.#session.direct.format(index);
      if (format === undefined) throw new PlayoutError("Internal", `There is no picture format ${index}.`);
      Object.freeze(format);
      // The last index stands for whatever format came last.
      if (index < formatsKept) this.#formats.set(index, format);
    }
    return format;
  }
}

const asTheyCome = (session: Session): NativePictures => ({
  take: (notBeforeNs, signals) => session.ask((it) => it.readPicture(notBeforeNs), signals),
  reset() {},
});

const within = (time: bigint): bigint => (time > timeMax ? timeMax : time < -timeMax ? -timeMax : time);
