import {
  type AssetRef,
  type Decoder,
  type DecoderFactory,
  type OpenOptions,
  type PictureSupply,
  PlayoutError,
  type PluginLog,
  type ProbeResult,
} from "@retrovue/core";
import { assetInfoOf } from "./asset-info.js";
import { LearntThreads } from "./learnt-threads.js";
import { leaveBreadcrumbs } from "./leave-breadcrumbs.js";
import { LibavDecoder } from "./libav-decoder.js";
import { loadNative, type NativeInfo, type NativeOptions } from "./native.js";
import { openAsset } from "./open-asset.js";
import type { ParsedOptions } from "./options.js";
import type { OpenSession } from "./session.js";

/** "As software does" (the port's scale). */
const score = 50;

/** Opens whatever libav plays, below the media roots. */
export class LibavDecoderFactory implements DecoderFactory {
  readonly #roots: readonly string[];
  readonly #options: ParsedOptions;
  readonly #learnt = new LearntThreads();

  /** @param log told where breadcrumbs cannot be left */
  constructor(mediaRoots: readonly string[], options: ParsedOptions, log?: Pick<PluginLog, "warn">) {
    this.#roots = mediaRoots;
    this.#options = options;
    leaveBreadcrumbs(loadNative(), options.breadcrumbs, log ?? { warn() {} });
  }

  async probe(asset: AssetRef, signal: AbortSignal): Promise<ProbeResult> {
    try {
      const { session, info } = await this.#start(asset.uri, { isProbe: true }, signal);
      await session.close();
      return { score, reason: reasonOf(info), asset: assetInfoOf(asset.uri, info) };
    } catch (thrown) {
      const error = PlayoutError.from(thrown, "MediaCorrupt");
      // Impatience says nothing about the file.
      if (signal.aborted || error.code === "PluginNotFound") throw error;
      return { score: 0, reason: error.what };
    }
  }

  async open(asset: AssetRef, options: OpenOptions, signal: AbortSignal): Promise<Decoder> {
    const { languages, picturesHeldMax, supply } = options;
    const layout = supply?.layout;
    const settings = {
      ...(languages && { languages }),
      ...(picturesHeldMax && { picturesHeldMax }),
      ...(layout && { buffers: layout }),
    };
    const opened = await this.#start(asset.uri, settings, signal, supply);
    return new LibavDecoder(asset.uri, opened, {
      onLearnt: (threads) => this.#learnt.learn(asset.uri, threads),
    });
  }

  async #start(
    uri: string,
    settings: Partial<NativeOptions>,
    signal: AbortSignal,
    supply?: PictureSupply,
  ): Promise<OpenSession> {
    const from = { native: loadNative(), mediaRoots: this.#roots, options: this.#options };
    const learnt = { threadsLearnt: this.#learnt.of(uri), ...settings };
    return await openAsset(from, uri, learnt, signal, supply);
  }
}

function reasonOf({ container, picture, sound }: NativeInfo): string {
  const streams = [
    picture && `${picture.codec} pictures (decoded by ${picture.decoder})`,
    sound && `${sound.codec} sound`,
  ].filter((stream) => stream !== undefined);
  return `libav plays ${container} with ${streams.join(" and ")} in software.`;
}
