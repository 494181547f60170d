import {
  type AssetRef,
  type Decoder,
  type DecoderFactory,
  type OpenOptions,
  PlayoutError,
  type ProbeResult,
} from "@retrovue/core";
import { PatternDecoderFactory } from "@retrovue/core/testing";
import { BarsDecoder, barsFormat, barsInfo } from "./bars-decoder.js";

const barsUri = "test://bars";

/** Opens `test://bars` and `test://pattern?…`. */
export class TestDecoderFactory implements DecoderFactory {
  readonly #patterns = new PatternDecoderFactory();

  async probe(asset: AssetRef, signal: AbortSignal): Promise<ProbeResult> {
    if (asset.uri !== barsUri) return await this.#patterns.probe(asset, signal);
    throwIfAborted(signal);
    return { score: 100, reason: "It is the colour bars.", asset: barsInfo(barsUri, barsFormat(undefined)) };
  }

  async open(asset: AssetRef, options: OpenOptions, signal: AbortSignal): Promise<Decoder> {
    if (asset.uri !== barsUri) return await this.#patterns.open(asset, options, signal);
    throwIfAborted(signal);
    return new BarsDecoder(asset.uri, options.wanted);
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
}
