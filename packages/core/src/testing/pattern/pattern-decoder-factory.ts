import type { DecoderFactory, OpenOptions, ProbeResult } from "../../decoder/decoder.js";
import { PlayoutError } from "../../errors/playout-error.js";
import type { AssetRef } from "../../media/asset.js";
import type { PatternAsset } from "./pattern-asset.js";
import { PatternDecoder } from "./pattern-decoder.js";
import { patternFormat, patternInfo } from "./pattern-info.js";
import { parsePatternUri, patternScheme } from "./pattern-uri.js";

/** What a factory's decoders hold and what their callers did wrong; all zero at the end of a clean test. */
export interface PatternLedger {
  readonly decoders: number;
  readonly pictures: number;
  readonly sounds: number;
  /** Each breach of the port's contract by a caller, in words; the first 100. */
  readonly misuse: readonly string[];
  /** Pictures and sound blocks that were out when their decoder was disposed, since the start. */
  readonly heldAtDispose: number;
}

const misuseMax = 100;

/** Opens patterns: those it is given, by their URI, and any `test://pattern?…`. */
export class PatternDecoderFactory implements DecoderFactory {
  readonly #assets: ReadonlyMap<string, PatternAsset>;
  readonly #open = new Set<PatternDecoder>();
  readonly #misuse: string[] = [];
  #heldAtDispose = 0;

  /** @param assets patterns that are opened by their own URI, whatever that looks like */
  constructor(assets: Iterable<PatternAsset> = []) {
    this.#assets = new Map([...assets].map((asset) => [asset.uri, asset]));
  }

  async probe(asset: AssetRef, signal: AbortSignal): Promise<ProbeResult> {
    throwIfAborted(signal);
    if (!this.#assets.has(asset.uri) && !asset.uri.startsWith(patternScheme)) {
      return { score: 0, reason: `It is not a test pattern: those begin with ${patternScheme}.` };
    }
    try {
      const pattern = this.#find(asset.uri);
      const format = pattern.pictures && patternFormat(pattern.pictures, undefined);
      return { score: 100, reason: "It is a test pattern.", asset: patternInfo(pattern, format) };
    } catch (thrown) {
      return { score: 0, reason: PlayoutError.from(thrown).message };
    }
  }

  async open(asset: AssetRef, options: OpenOptions, signal: AbortSignal): Promise<PatternDecoder> {
    throwIfAborted(signal);
    const decoder: PatternDecoder = new PatternDecoder(this.#find(asset.uri), options, {
      misused: (what) => {
        if (this.#misuse.length < misuseMax) this.#misuse.push(`${asset.uri}: ${what}`);
      },
      disposed: ({ pictures, sounds }) => {
        this.#open.delete(decoder);
        this.#heldAtDispose += pictures + sounds;
      },
    });
    this.#open.add(decoder);
    return decoder;
  }

  /** What is open and lent now. */
  ledger(): PatternLedger {
    let [pictures, sounds] = [0, 0];
    for (const decoder of this.#open) {
      const out = decoder.outstanding();
      pictures += out.pictures;
      sounds += out.sounds;
    }
    return {
      decoders: this.#open.size,
      pictures,
      sounds,
      misuse: [...this.#misuse],
      heldAtDispose: this.#heldAtDispose,
    };
  }

  #find(uri: string): PatternAsset {
    const asset = this.#assets.get(uri);
    if (asset) return asset;
    if (!uri.startsWith("test:")) {
      throw new PlayoutError("UnsupportedMedia", `${uri} is not a test pattern.`, { details: { uri } });
    }
    if (!uri.startsWith(patternScheme)) {
      throw new PlayoutError("MediaNotFound", `There is no test asset ${uri}; write ${patternScheme}?…`, {
        details: { uri },
      });
    }
    return parsePatternUri(uri);
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
}
