import type { Clock } from "../../clock/clock.js";
import type { Decoder, DecoderFactory, OpenOptions, ProbeResult } from "../../decoder/decoder.js";
import type { AssetRef } from "../../media/asset.js";
import { FaultCounter, type FaultScript } from "./fault-script.js";
import { FaultyDecoder } from "./faulty-decoder.js";
import { makeMove } from "./make-move.js";

/** Wraps a decoder factory so that some assets go wrong as scripted; the others pass through untouched. */
export class FaultyDecoderFactory implements DecoderFactory {
  readonly #opens = new Map<string, FaultCounter>();

  constructor(
    private readonly deps: {
      readonly inner: DecoderFactory;
      readonly clock: Clock;
      /** What is wrong with an asset; undefined for a good one. */
      readonly script: (uri: string) => FaultScript | undefined;
      /** The moment a decoder "crashes": kill the worker here. Default: nothing, the call just never answers. */
      readonly onCrash?: (uri: string) => void;
    },
  ) {}

  async probe(asset: AssetRef, signal: AbortSignal): Promise<ProbeResult> {
    await this.#move(asset.uri, "probe", signal);
    return this.deps.inner.probe(asset, signal);
  }

  async open(asset: AssetRef, options: OpenOptions, signal: AbortSignal): Promise<Decoder> {
    await this.#move(asset.uri, "open", signal);
    const decoder = await this.deps.inner.open(asset, options, signal);
    const script = this.deps.script(asset.uri);
    if (script === undefined) return decoder;
    return new FaultyDecoder(decoder, script, {
      clock: this.deps.clock,
      onCrash: () => this.deps.onCrash?.(asset.uri),
    });
  }

  async #move(uri: string, on: "probe" | "open", signal: AbortSignal): Promise<void> {
    const script = this.deps.script(uri);
    if (script === undefined) return;
    let counter = this.#opens.get(uri);
    if (counter === undefined) {
      counter = new FaultCounter(script.calls);
      this.#opens.set(uri, counter);
    }
    await makeMove(counter.next(on), this.deps.clock, () => this.deps.onCrash?.(uri), signal);
  }
}
