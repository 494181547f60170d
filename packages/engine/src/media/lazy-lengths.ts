import type { Clock, MediaTime } from "@retrovue/core";
import type { DecoderSet } from "../plugins/decoder-set.js";
import { type AssetLengths, MediaInspector } from "./media-inspector.js";

/**
 * Lengths of assets in an engine whose workers decode: the decoders are loaded when a plan first asks, and closed at the end. An
 * asset that crashes a decoder crashes the engine here, so this is to move into a worker.
 */
export class LazyLengths implements AssetLengths, AsyncDisposable {
  #decoders: Promise<DecoderSet> | undefined;

  constructor(
    private readonly open: () => Promise<DecoderSet>,
    private readonly clock: Clock,
  ) {}

  async lengthOf(uri: string, signal: AbortSignal): Promise<MediaTime | undefined> {
    this.#decoders ??= this.open();
    const { decoders } = await this.#decoders;
    return await new MediaInspector(decoders, this.clock).lengthOf(uri, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const decoders = await this.#decoders?.catch(() => undefined);
    await decoders?.[Symbol.asyncDispose]();
  }
}
