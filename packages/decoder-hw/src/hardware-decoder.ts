import {
  type AssetInfo,
  type Decoder,
  type EndOfMedia,
  type MediaTime,
  type PictureFrame,
  PlayoutError,
  type ReadPictureOptions,
  type SoundBlock,
} from "@retrovue/core";

/** What a hardware decoder is made of; all of it is taken over. */
export interface HardwareDecoderParts {
  readonly device: string;
  /** Over the device's session. */
  readonly decoder: Decoder;
  /** What is closed before the session, and after it, in this order. */
  readonly before: AsyncDisposable;
  readonly after: Disposable;
  /** Told of the first failure that ends the decoder. */
  readonly onFailure: (error: PlayoutError) => void;
}

/** Failures that say nothing of the device. */
const passing: ReadonlySet<string> = new Set(["Cancelled", "Timeout", "Closed", "InvalidArgument"]);

/** A decoder on a device: libav's, with a share of the device that it gives back, and whose failures name the device. */
export class HardwareDecoder implements Decoder {
  readonly info: AssetInfo;
  readonly #parts: HardwareDecoderParts;
  #hasFailed = false;
  #closing: Promise<void> | undefined;

  constructor(parts: HardwareDecoderParts) {
    this.#parts = parts;
    this.info = parts.decoder.info;
  }

  async seek(to: MediaTime, signal: AbortSignal): Promise<void> {
    await this.#told(this.#open().seek(to, signal));
  }

  async readPicture(
    notBefore: MediaTime,
    options: ReadPictureOptions,
    signal: AbortSignal,
  ): Promise<PictureFrame | EndOfMedia> {
    return await this.#told(this.#open().readPicture(notBefore, options, signal));
  }

  async readSound(samples: number, signal: AbortSignal): Promise<SoundBlock | EndOfMedia> {
    return await this.#open().readSound(samples, signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Its decoder is closed only when what looks at its pictures has let go of them. */
  #open(): Decoder {
    if (this.#closing === undefined) return this.#parts.decoder;
    throw new PlayoutError("Closed", "The decoder was disposed; open the asset again.");
  }

  async #close(): Promise<void> {
    const { before, decoder, after } = this.#parts;
    // In the order opposite to this one.
    await using stack = new AsyncDisposableStack();
    stack.use(after);
    stack.use(decoder);
    stack.use(before);
  }

  async #told<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (thrown) {
      const error = PlayoutError.from(thrown, "DecodeFailed");
      if (!this.#hasFailed && !passing.has(error.code)) {
        this.#hasFailed = true;
        this.#parts.onFailure(error);
      }
      throw error;
    }
  }
}
