import type { FileHandle } from "node:fs/promises";
import {
  type AssetInfo,
  type Decoder,
  type EndOfMedia,
  endOfMedia,
  type MediaTime,
  mediaTime,
  nsPerSecond,
  type PictureFrame,
  PlayoutError,
  type Rational,
  type ReadPictureOptions,
  type SoundBlock,
} from "@retrovue/core";
import { PicturePool, type PictureSlot } from "./picture-pool.js";
import { frameMark, type Y4mHeader } from "./y4m-header.js";

/** The slack of "the picture shown at" a time, as the port asks. */
const seekSlackNs = 2_000_000n;

/** Plays one YUV4MPEG2 file: all pictures are of one length, so every seek is a multiplication. */
export class Y4mDecoder implements Decoder {
  readonly info: AssetInfo;
  readonly #file: FileHandle;
  readonly #header: Y4mHeader;
  readonly #count: number;
  readonly #pool: PicturePool;
  #next = 0;
  /** Aborted by a seek (then replaced) and by disposal: ends the read that is in flight. */
  #running = new AbortController();
  /** The disk access in flight, which the file's closing waits for. */
  #reading: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #failed: PlayoutError | undefined;

  /** Takes the file over; it is closed by disposal. */
  constructor(options: {
    readonly uri: string;
    readonly file: FileHandle;
    readonly fileBytes: number;
    readonly header: Y4mHeader;
    readonly picturesHeldMax: number;
  }) {
    this.#file = options.file;
    this.#header = options.header;
    this.#count = pictureCount(options.header, options.fileBytes);
    this.#pool = new PicturePool(options.header.format, options.picturesHeldMax);
    this.info = y4mInfo(options.uri, options.header, this.#count);
  }

  async seek(to: MediaTime, signal: AbortSignal): Promise<void> {
    this.#check(signal);
    this.#running.abort(new PlayoutError("Cancelled", "A seek has overtaken this read."));
    this.#running = new AbortController();
    const end = pictureTime(this.#count, this.#header.rate);
    this.#next = to >= end ? this.#count : Math.min(this.#shownAt(to + seekSlackNs), this.#count - 1);
  }

  async readPicture(
    notBefore: MediaTime,
    _options: ReadPictureOptions,
    signal: AbortSignal,
  ): Promise<PictureFrame | EndOfMedia> {
    this.#check(signal);
    const running = this.#running.signal;
    const either = AbortSignal.any([signal, running]);
    const n = Math.max(this.#next, Math.min(this.#shownAt(notBefore), this.#count - 1));
    if (n >= this.#count) return endOfMedia;
    const slot = await this.#pool.take(either);
    try {
      // Between a slot and the disk the file may have been closed.
      throwIfAborted(either);
      const work = this.#load(slot, n);
      this.#reading = work.catch(() => undefined);
      await work;
      throwIfAborted(either);
    } catch (thrown) {
      this.#pool.giveBack(slot);
      throw thrown;
    }
    this.#next = n + 1;
    return this.#lend(slot, n);
  }

  async readSound(_samples: number, signal: AbortSignal): Promise<SoundBlock | EndOfMedia> {
    this.#check(signal);
    return endOfMedia;
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing === undefined) {
      this.#running.abort(closed());
      this.#closing = this.#reading.then(() => this.#file.close());
    }
    return this.#closing;
  }

  #check(signal: AbortSignal): void {
    if (this.#closing) throw closed();
    if (this.#failed) throw this.#failed;
    throwIfAborted(signal);
  }

  async #load(slot: PictureSlot, n: number): Promise<void> {
    const { bytes, pictureBytes } = this.#header;
    const at = bytes + n * (frameMark.length + pictureBytes);
    const mark = Buffer.alloc(frameMark.length);
    try {
      await this.#file.read(mark, 0, mark.length, at);
      await this.#file.read(slot.bytes, 0, pictureBytes, at + mark.length);
    } catch (cause) {
      throw this.#fail(new PlayoutError("DecodeFailed", `Picture ${n} cannot be read.`, { cause }));
    }
    if (mark.toString("latin1") !== frameMark) {
      throw this.#fail(new PlayoutError("MediaCorrupt", `Picture ${n} does not begin with FRAME.`));
    }
  }

  /** A read that failed ends the decoder: further ones reject alike. */
  #fail(error: PlayoutError): PlayoutError {
    this.#failed = error;
    return error;
  }

  #lend(slot: PictureSlot, n: number): PictureFrame {
    const { format, rate } = this.#header;
    const time = pictureTime(n, rate);
    let out = true;
    return {
      planes: slot.planes,
      strides: slot.strides,
      format,
      time,
      duration: mediaTime(pictureTime(n + 1, rate) - time),
      sourcePts: BigInt(n),
      sourceTimeBase: { num: rate.den, den: rate.num },
      sourceIndex: n,
      concealed: false,
      inPlace: false,
      ancillary: [],
      release: () => {
        if (out) this.#pool.giveBack(slot);
        out = false;
      },
    };
  }

  /** The last picture whose time is at or before `time`, ignoring where the file ends; 0 before the first. */
  #shownAt(time: bigint): number {
    const { rate } = this.#header;
    if (time <= 0n) return 0;
    // pictureTime(n) ≤ time  ⟺  n · den · 1e9 < (time + 1) · num
    return Number(((time + 1n) * BigInt(rate.num) - 1n) / (BigInt(rate.den) * nsPerSecond));
  }
}

/** Whole pictures in a file of this length: one cut off at the end is not shown. */
export const pictureCount = (header: Y4mHeader, fileBytes: number): number =>
  Math.floor((fileBytes - header.bytes) / (frameMark.length + header.pictureBytes));

/** What a decoder says of the file. */
export const y4mInfo = (uri: string, header: Y4mHeader, count: number): AssetInfo => ({
  uri,
  container: "yuv4mpegpipe",
  duration: pictureTime(count, header.rate),
  picture: { codec: "rawvideo", format: header.format, nominalRate: header.rate },
  sound: undefined,
});

const pictureTime = (n: number, rate: Rational): MediaTime =>
  mediaTime((BigInt(n) * BigInt(rate.den) * nsPerSecond) / BigInt(rate.num));

const closed = (): PlayoutError =>
  new PlayoutError("Closed", "The decoder was disposed; open the file again.");

/** Throws the signal's reason, coded, if it has aborted. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
}
