import type { Clock } from "../clock/clock.js";
import { orAbort, TimeLimit } from "../clock/time-limit.js";
import { PlayoutError } from "../errors/playout-error.js";
import type { AssetRef } from "../media/asset.js";
import type { Nanoseconds } from "../time/units.js";
import type { Decoder, DecoderFactory, OpenOptions, ProbeResult } from "./decoder.js";

/** A configured decoder. Its index is its place in the configuration, and what a slot's `decoderIndex` means. */
export interface NamedDecoder {
  readonly name: string;
  readonly factory: DecoderFactory;
}

/** One decoder's answer for an asset. */
export interface Candidate {
  readonly index: number;
  readonly name: string;
  readonly probe: ProbeResult;
}

/** An open decoder and who made it. */
export interface Choice {
  readonly decoder: Decoder;
  readonly index: number;
}

/** What the choice is made with. */
export interface DecoderChooserOptions {
  /** In the order of the configuration, which settles equal scores. */
  readonly decoders: readonly NamedDecoder[];
  readonly clock: Clock;
  /** How long one probe or one open may take. */
  readonly timeoutNs: Nanoseconds;
  /** True for a pair that killed a worker; asked before each use. */
  readonly barred: (uri: string, decoderIndex: number) => boolean;
  /** Told before a decoder is given the asset, and after: the breadcrumb that outlives a crash. */
  readonly trail?: DecoderTrail;
}

/** Learns which decoder is at work on which asset. */
export interface DecoderTrail {
  enter(uri: string, decoderIndex: number): void;
  leave(uri: string, decoderIndex: number): void;
}

/**
 * Chooses who plays an asset: each decoder probes and answers a score; the best that opens wins; when it fails the
 * next takes over.
 */
export class DecoderChooser {
  readonly #options: DecoderChooserOptions;

  constructor(options: DecoderChooserOptions) {
    this.#options = options;
  }

  /** All decoders' answers, best first; those that cannot (score 0) last. A probe that fails counts as 0. */
  async rank(asset: AssetRef, signal: AbortSignal): Promise<readonly Candidate[]> {
    const { decoders } = this.#options;
    const candidates = await Promise.all(
      decoders.map((decoder, index) => this.#probe(decoder, index, asset, signal)),
    );
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
    return candidates.sort((a, b) => b.probe.score - a.probe.score || a.index - b.index);
  }

  /**
   * Opens the asset with the best decoder that is not in `failed`. Errors: `MediaQuarantined` where only barred decoders are
   * left, the last decoder's own error where it was the only one, else `UnsupportedMedia` naming who was tried
   * and why each refused.
   */
  async open(
    asset: AssetRef,
    options: OpenOptions,
    failed: ReadonlySet<number>,
    signal: AbortSignal,
  ): Promise<Choice> {
    const usable = (index: number) => !failed.has(index) && !this.#options.barred(asset.uri, index);
    // With one decoder configured there is nothing to choose, and a probe would only cost time.
    const ranked =
      this.#options.decoders.length === 1 ? [this.#onlyCandidate()] : await this.rank(asset, signal);
    const tried: string[] = [];
    let last: PlayoutError | undefined;
    for (const { index, name, probe } of ranked) {
      if (!usable(index)) continue;
      if (probe.score <= 0) {
        tried.push(`${name}: ${probe.reason}`);
        continue;
      }
      try {
        return { decoder: await this.#open(index, asset, options, signal), index };
      } catch (thrown) {
        last = PlayoutError.from(thrown, "DecodeFailed");
        if (signal.aborted) throw last;
        tried.push(`${name}: ${last.message}`);
      }
    }
    throw this.#refusal(asset, tried, last, failed);
  }

  #onlyCandidate(): Candidate {
    return { index: 0, name: this.#named(0).name, probe: { score: 1, reason: "It is the only decoder." } };
  }

  #named(index: number): NamedDecoder {
    const decoder = this.#options.decoders[index];
    if (decoder === undefined) throw new PlayoutError("Internal", `No decoder has the index ${index}.`);
    return decoder;
  }

  async #probe(
    decoder: NamedDecoder,
    index: number,
    asset: AssetRef,
    signal: AbortSignal,
  ): Promise<Candidate> {
    const { clock, timeoutNs, trail, barred } = this.#options;
    const { name, factory } = decoder;
    if (barred(asset.uri, index))
      return { index, name, probe: { score: 0, reason: "barred: it killed a worker with this asset" } };
    using limit = new TimeLimit(clock, timeoutNs, signal, `Probing ${asset.uri} with ${name}`);
    trail?.enter(asset.uri, index);
    try {
      return { index, name, probe: await orAbort(factory.probe(asset, limit.signal), limit.signal) };
    } catch (thrown) {
      return { index, name, probe: { score: 0, reason: PlayoutError.from(thrown).message } };
    } finally {
      trail?.leave(asset.uri, index);
    }
  }

  async #open(index: number, asset: AssetRef, options: OpenOptions, signal: AbortSignal): Promise<Decoder> {
    const { clock, timeoutNs, trail } = this.#options;
    const { name, factory } = this.#named(index);
    using limit = new TimeLimit(clock, timeoutNs, signal, `Opening ${asset.uri} with ${name}`);
    trail?.enter(asset.uri, index);
    try {
      return await orAbort(factory.open(asset, options, limit.signal), limit.signal, (late) => {
        // Nobody waits for it any more; its failure to close is its own affair.
        Promise.resolve(late[Symbol.asyncDispose]()).catch(() => {});
      });
    } finally {
      trail?.leave(asset.uri, index);
    }
  }

  #refusal(
    asset: AssetRef,
    tried: readonly string[],
    last: PlayoutError | undefined,
    failed: ReadonlySet<number>,
  ): PlayoutError {
    const { decoders, barred } = this.#options;
    const details = { uri: asset.uri, tried };
    if (decoders.some((_, index) => barred(asset.uri, index))) {
      const message = `${asset.uri} killed a worker, is barred, and nobody else plays it.`;
      return new PlayoutError("MediaQuarantined", message, { cause: last, details });
    }
    if (tried.length === 1 && last !== undefined) return last;
    if (tried.length === 0 && failed.size > 0) {
      return new PlayoutError("DecodeFailed", `Every decoder has failed on ${asset.uri}.`, { details });
    }
    const why = tried.length > 0 ? ` (${tried.join("; ")})` : "";
    return new PlayoutError("UnsupportedMedia", `No decoder plays ${asset.uri}${why}.`, {
      cause: last,
      details,
    });
  }
}
