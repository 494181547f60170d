import {
  type AssetInfo,
  type Clock,
  DecoderChooser,
  type MediaTime,
  type NamedDecoder,
  nanosecondsFromMs,
  PlayoutError,
} from "@retrovue/core";
import type { Inspection } from "./inspection.js";

/** How long one probe or one open may take: as long as an asset may take to open on air with a preroll of 3 s and more. */
const timeoutNs = nanosecondsFromMs(5_000);

/** Finds out how long assets are. Behind an interface, so that a worker process can do the opening. */
export interface AssetLengths {
  /** From zero to the end; undefined for assets without end and those that do not say. Rejects where it does not open, and with `QueueFull`. */
  lengthOf(uri: string, signal: AbortSignal): Promise<MediaTime | undefined>;
}

/** Finds out who would play an asset, and what it is. */
export interface AssetExaminer {
  /** Never rejects but with `Cancelled`, `Closed` and `QueueFull`: that an asset cannot be played is a finding. */
  inspect(uri: string, signal: AbortSignal): Promise<Inspection>;
}

/**
 * The asset's length; undefined where it has none, and where it does not open. `QueueFull` where nobody looked: that is not to be taken
 * for either.
 */
export async function lengthIfAny(
  lengths: AssetLengths,
  uri: string,
  signal: AbortSignal,
): Promise<MediaTime | undefined> {
  try {
    return await lengths.lengthOf(uri, signal);
  } catch (thrown) {
    if (PlayoutError.is(thrown, "QueueFull")) throw thrown;
    return undefined;
  }
}

/** Opens assets with decoders of this process, to tell who would play them and what they are. */
export class MediaInspector implements AssetLengths, AssetExaminer {
  readonly #chooser: DecoderChooser;
  readonly #decoders: readonly NamedDecoder[];

  /** @param decoders borrowed; in the order of the configuration */
  constructor(decoders: readonly NamedDecoder[], clock: Clock) {
    this.#decoders = decoders;
    this.#chooser = new DecoderChooser({ decoders, clock, timeoutNs, barred: () => false });
  }

  /** Never rejects but with `Cancelled`: that an asset cannot be played is a finding. */
  async inspect(uri: string, signal: AbortSignal): Promise<Inspection> {
    const candidates = await this.#chooser.rank({ uri }, signal);
    try {
      const { decoder, index } = await this.#chooser.open({ uri }, {}, new Set(), signal);
      const { info } = decoder;
      await decoder[Symbol.asyncDispose]();
      return { uri, candidates, decoder: this.#decoders[index]?.name, asset: info, error: undefined };
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      return { uri, candidates, decoder: undefined, asset: undefined, error: PlayoutError.from(thrown) };
    }
  }

  /** What the asset is, by whoever would play it. Rejects where nobody does. */
  async infoOf(uri: string, signal: AbortSignal): Promise<AssetInfo> {
    const { decoder } = await this.#chooser.open({ uri }, {}, new Set(), signal);
    await using _closed = decoder;
    return decoder.info;
  }

  async lengthOf(uri: string, signal: AbortSignal): Promise<MediaTime | undefined> {
    return (await this.infoOf(uri, signal)).duration;
  }
}
