import type {
  AssetInfo,
  AssetRef,
  Decoder,
  DecoderFactory,
  MediaTime,
  OpenOptions,
  ProbeResult,
  ReadPictureOptions,
} from "@retrovue/core";
import { BreadcrumbFile, type BreadcrumbLine } from "./breadcrumb-file.js";

/**
 * A decoder that leaves no breadcrumbs itself, with breadcrumbs left around each of its calls from outside: whoever takes the process
 * with him is known. Closes it with itself.
 */
export class TrailedDecoderFactory implements DecoderFactory, AsyncDisposable {
  readonly #inner: DecoderFactory & Partial<AsyncDisposable>;
  readonly #crumbs: BreadcrumbFile;

  /** @param path of the crumbs; throws where no file can be made there */
  constructor(inner: DecoderFactory & Partial<AsyncDisposable>, path: string) {
    this.#inner = inner;
    this.#crumbs = new BreadcrumbFile(path);
  }

  async probe(asset: AssetRef, signal: AbortSignal): Promise<ProbeResult> {
    using line = this.#crumbs.line(asset.uri);
    return await line.during("opening", () => this.#inner.probe(asset, signal));
  }

  async open(asset: AssetRef, options: OpenOptions, signal: AbortSignal): Promise<Decoder> {
    using line = this.#crumbs.line(asset.uri);
    const decoder = await line.during("opening", () => this.#inner.open(asset, options, signal));
    return new TrailedDecoder(decoder, () => this.#crumbs.line(asset.uri));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]?.();
    this.#crumbs[Symbol.dispose]();
  }
}

class TrailedDecoder implements Decoder {
  readonly #inner: Decoder;
  /** A line for each of its two streams: their reads go side by side. */
  readonly #pictures: BreadcrumbLine;
  readonly #sound: BreadcrumbLine;
  #closing: Promise<void> | undefined;

  constructor(inner: Decoder, line: () => BreadcrumbLine) {
    this.#inner = inner;
    this.#pictures = line();
    this.#sound = line();
  }

  get info(): AssetInfo {
    return this.#inner.info;
  }

  seek(to: MediaTime, signal: AbortSignal): Promise<void> {
    return this.#pictures.during("seeking", () => this.#inner.seek(to, signal));
  }

  readPicture(notBefore: MediaTime, options: ReadPictureOptions, signal: AbortSignal) {
    return this.#pictures.during("reading", () => this.#inner.readPicture(notBefore, options, signal));
  }

  readSound(samples: number, signal: AbortSignal) {
    return this.#sound.during("reading", () => this.#inner.readSound(samples, signal));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.#pictures.during("closing", () => Promise.resolve(this.#inner[Symbol.asyncDispose]()));
    } finally {
      this.#pictures[Symbol.dispose]();
      this.#sound[Symbol.dispose]();
    }
  }
}
