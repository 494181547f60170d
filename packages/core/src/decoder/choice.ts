import type { Clock } from "../clock/clock.js";
import { called, orAbort, settlesWithin, TimeLimit } from "../clock/time-limit.js";
import { PlayoutError } from "../errors/playout-error.js";
import type { AssetRef } from "../media/asset.js";
import { type Nanoseconds, nanosecondsFromMs } from "../time/units.js";
import type { Candidate } from "./candidate.js";
import type { Decoder, DecoderFactory, OpenOptions } from "./decoder.js";
import { changeReasonOf, type DecoderName, type PassedOver } from "./decoder-change.js";
import { better, Inquiry } from "./inquiry.js";

/** A configured decoder. Its index is its place in the configuration, and what a slot's `decoderIndex` means. */
export interface NamedDecoder {
  readonly name: string;
  readonly factory: DecoderFactory;
}

export type { Candidate } from "./candidate.js";

/** An open decoder and who made it. */
export interface Choice extends DecoderName {
  readonly decoder: Decoder;
  /** Who would have played it rather than this one, as they came to be passed over. */
  readonly passedOver: readonly PassedOver[];
}

/** What the choice is made with. */
export interface DecoderChooserOptions {
  /** In the order of the configuration, which settles equal scores. */
  readonly decoders: readonly NamedDecoder[];
  readonly clock: Clock;
  /** How long one probe or one open may take. */
  readonly timeoutNs: Nanoseconds;
  /** How long a decoder that can play an asset waits for the answers of those that may play it better. Default 500 ms. */
  readonly graceNs?: Nanoseconds;
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

/** How long a decoder may take to hear that it is not wanted any more, and again to close, before it counts as stuck. */
export const closeTimeoutNs = nanosecondsFromMs(2_000);

/** Default of `graceNs`: a hold of half a second is the most that a probe which hangs may cost on air. */
const defaultGraceNs = nanosecondsFromMs(500);

/** Assets whose probes are remembered; the oldest is forgotten when one more comes. */
const rememberedMax = 64;

/** Ends what is still asked when the choice is made; one for all. */
const chosen = new PlayoutError("Cancelled", "Another decoder was chosen.");

/**
 * Chooses who plays an asset: each decoder probes and answers a score; the best that opens wins; when it fails the
 * next takes over. All probe at once, each under a deadline of its own, and nobody who can play the asset waits long for one
 * that does not answer.
 */
export class DecoderChooser {
  readonly #options: DecoderChooserOptions;
  /** What was answered of an asset since it was last opened anew: who takes over from a decoder that failed need not ask again. */
  readonly #remembered = new Map<string, Map<number, Candidate>>();
  /** Probes that were given up and are still at work. */
  readonly #deafProbes = new Set<string>();

  constructor(options: DecoderChooserOptions) {
    this.#options = options;
  }

  /** All decoders' answers, best first; those that cannot (score 0) last. A probe that fails counts as 0. */
  async rank(asset: AssetRef, signal: AbortSignal): Promise<readonly Candidate[]> {
    const { decoders } = this.#options;
    const candidates = await Promise.all(decoders.map((_, index) => this.#probe(index, asset, signal)));
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
    return candidates.sort(better);
  }

  /**
   * Opens the asset with the best decoder that is not in `failed`. Errors: `MediaQuarantined` where only barred decoders are
   * left, the last decoder's own error where it was the only one, `DecodeFailed` where nobody is left to take over from those
   * that failed, else `UnsupportedMedia` naming who was tried and why each refused.
   *
   * @param failed who has failed on the asset; empty for a fresh start, at which everyone is asked anew
   * @param onStuck told of a decoder that is given up and does not come to an end: only the end of the process frees what it holds
   */
  async open(
    asset: AssetRef,
    options: OpenOptions,
    failed: ReadonlySet<number>,
    signal: AbortSignal,
    onStuck: (decoderIndex: number) => void = () => {},
  ): Promise<Choice> {
    const { clock, graceNs = defaultGraceNs } = this.#options;
    // Ends the probes that are still at work when the choice is made.
    const asking = new AbortController();
    const cancel = () => asking.abort(signal.reason);
    signal.addEventListener("abort", cancel);
    const passedOver: PassedOver[] = this.#barredFrom(asset, failed);
    const tried: string[] = [];
    let last: PlayoutError | undefined;
    try {
      if (signal.aborted) cancel();
      const asked = this.#ask(asset, failed, asking.signal);
      const inquiry = new Inquiry({ asked, clock, graceNs });
      for (let next = await inquiry.take(asking.signal); next; next = await inquiry.take(asking.signal)) {
        try {
          const { index, name } = next;
          const decoder = await this.#open(index, asset, options, signal, onStuck);
          passedOver.push(
            ...inquiry.passedOver.map((one) => ({ ...one, name: this.#named(one.index).name })),
          );
          return { decoder, index, name, passedOver };
        } catch (thrown) {
          if (signal.aborted) throw thrown;
          last = PlayoutError.from(thrown, "DecodeFailed");
          tried.push(`${next.name}: ${last.message}`);
          const { index, name } = next;
          passedOver.push({ index, name, reason: changeReasonOf(last, "open"), error: last });
        }
      }
      for (const { name, probe } of inquiry.declined) tried.push(`${name}: ${probe.reason}`);
    } catch (thrown) {
      throw PlayoutError.from(thrown, "Cancelled");
    } finally {
      signal.removeEventListener("abort", cancel);
      asking.abort(chosen);
    }
    throw this.#refusal(asset, tried, last, failed);
  }

  /** True where there is somebody but the one at work who may play the asset and has not failed on it. */
  hasOthers(asset: AssetRef, failed: ReadonlySet<number>, atWork: number): boolean {
    const { decoders, barred } = this.#options;
    return decoders.some((_, index) => index !== atWork && !failed.has(index) && !barred(asset.uri, index));
  }

  #barredFrom({ uri }: AssetRef, failed: ReadonlySet<number>): PassedOver[] {
    const { decoders, barred } = this.#options;
    return decoders.flatMap(({ name }, index): PassedOver[] => {
      if (failed.has(index) || !barred(uri, index)) return [];
      const error = new PlayoutError("MediaQuarantined", `${name} killed or blocked a worker with ${uri}.`);
      return [{ index, name, reason: "barred", error }];
    });
  }

  /** Asks all who may play the asset, but for those whose answer is known since others failed on it. */
  #ask(asset: AssetRef, failed: ReadonlySet<number>, signal: AbortSignal): Map<number, Promise<Candidate>> {
    const { decoders, barred } = this.#options;
    if (failed.size === 0) this.#remembered.delete(asset.uri);
    const known = this.#remembered.get(asset.uri);
    const asked = new Map<number, Promise<Candidate>>();
    for (const [index, { name }] of decoders.entries()) {
      if (failed.has(index) || barred(asset.uri, index)) continue;
      const answer = known?.get(index);
      // With one decoder configured there is nothing to choose, and a probe would only cost time.
      const only = { index, name, probe: { score: 1, reason: "It is the only decoder." } };
      if (decoders.length === 1) asked.set(index, Promise.resolve(only));
      else if (answer !== undefined) asked.set(index, Promise.resolve(answer));
      else asked.set(index, this.#probe(index, asset, signal));
    }
    return asked;
  }

  #named(index: number): NamedDecoder {
    const decoder = this.#options.decoders[index];
    if (decoder === undefined) throw new PlayoutError("Internal", `No decoder has the index ${index}.`);
    return decoder;
  }

  /** Never rejects. What is given up by the signal is not remembered. */
  async #probe(index: number, asset: AssetRef, signal: AbortSignal): Promise<Candidate> {
    const { clock, timeoutNs, trail, barred } = this.#options;
    const { name, factory } = this.#named(index);
    const declined = (reason: string): Candidate => ({ index, name, probe: { score: 0, reason } });
    if (barred(asset.uri, index)) return declined("barred: it killed a worker with this asset");
    const key = `${index} ${asset.uri}`;
    if (this.#deafProbes.has(key)) return declined("It is still at work on a probe that was given up.");
    using limit = new TimeLimit(clock, timeoutNs, signal, `Probing ${asset.uri} with ${name}`);
    trail?.enter(asset.uri, index);
    let isOver = false;
    const onOver = () => {
      isOver = true;
      this.#deafProbes.delete(key);
      trail?.leave(asset.uri, index);
    };
    try {
      const probing = called(() => factory.probe(asset, limit.signal));
      probing.then(onOver, onOver);
      const candidate = { index, name, probe: await orAbort(probing, limit.signal) };
      this.#remember(asset.uri, candidate);
      return candidate;
    } catch (thrown) {
      const candidate = declined(PlayoutError.from(thrown).message);
      if (!signal.aborted) this.#remember(asset.uri, candidate);
      // One that hears its signal has settled by now, or does so in this turn.
      if (limit.signal.aborted && !isOver) this.#deafProbes.add(key);
      return candidate;
    }
  }

  #remember(uri: string, candidate: Candidate): void {
    const known = this.#remembered.get(uri) ?? new Map<number, Candidate>();
    this.#remembered.set(uri, known.set(candidate.index, candidate));
    if (this.#remembered.size <= rememberedMax) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }

  async #open(
    index: number,
    asset: AssetRef,
    options: OpenOptions,
    signal: AbortSignal,
    onStuck: (decoderIndex: number) => void,
  ): Promise<Decoder> {
    const { clock, timeoutNs, trail } = this.#options;
    const { name, factory } = this.#named(index);
    using limit = new TimeLimit(clock, timeoutNs, signal, `Opening ${asset.uri} with ${name}`);
    trail?.enter(asset.uri, index);
    const opening = called(() => factory.open(asset, options, limit.signal));
    const isOver = () => trail?.leave(asset.uri, index);
    opening.then(isOver, isOver);
    try {
      return await orAbort(opening, limit.signal);
    } catch (thrown) {
      if (limit.signal.aborted) void this.#clearAway(opening, () => onStuck(index));
      throw thrown;
    }
  }

  /** Sees to the end of an open that nobody waits for any more. Each step of it has a deadline. */
  async #clearAway(opening: Promise<Decoder>, onStuck: () => void): Promise<void> {
    const { clock } = this.#options;
    if (!(await settlesWithin(opening, closeTimeoutNs, clock))) onStuck();
    const late = await opening.catch(() => undefined);
    if (late === undefined) return;
    const closing = called(() => Promise.resolve(late[Symbol.asyncDispose]()));
    if (!(await settlesWithin(closing, closeTimeoutNs, clock))) onStuck();
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
    const why = tried.length > 0 ? ` (${tried.join("; ")})` : "";
    if (failed.size > 0) {
      const message = `Whoever plays ${asset.uri} has failed on it${why}.`;
      return new PlayoutError("DecodeFailed", message, { cause: last, details });
    }
    if (tried.length === 1 && last !== undefined) return last;
    return new PlayoutError("UnsupportedMedia", `No decoder plays ${asset.uri}${why}.`, {
      cause: last,
      details,
    });
  }
}
