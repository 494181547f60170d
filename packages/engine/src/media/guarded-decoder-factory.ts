import type { AssetRef, Decoder, DecoderFactory, OpenOptions, ProbeResult } from "@retrovue/core";
import { PlayoutError } from "@retrovue/core";
import { namedRefusal } from "../processes/refused-by-sandbox.js";
import type { MediaAccess } from "./media-access.js";

/** Lets a decoder see only assets that the configuration allows, whoever wrote it. Closes it with itself. */
export class GuardedDecoderFactory implements DecoderFactory, AsyncDisposable {
  constructor(
    private readonly inner: DecoderFactory & Partial<AsyncDisposable>,
    private readonly access: MediaAccess,
    /** For errors. */
    private readonly name: string,
  ) {}

  async probe(asset: AssetRef, signal: AbortSignal): Promise<ProbeResult> {
    try {
      await this.access.check(asset.uri, signal);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      return { score: 0, reason: PlayoutError.from(thrown).message };
    }
    return await this.#named(() => this.inner.probe(asset, signal));
  }

  async open(asset: AssetRef, options: OpenOptions, signal: AbortSignal): Promise<Decoder> {
    await this.access.check(asset.uri, signal);
    return await this.#named(() => this.inner.open(asset, options, signal));
  }

  async #named<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (thrown) {
      throw namedRefusal(thrown, this.name);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.inner[Symbol.asyncDispose]?.();
  }
}
