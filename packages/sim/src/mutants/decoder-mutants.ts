import {
  type AssetRef,
  type Decoder,
  DecoderChooser,
  type DecoderChooserOptions,
  type DecoderFactory,
  endOfMedia,
  type MediaTime,
  mediaTime,
  type Nanoseconds,
  nanosecondsFromMs,
  type OpenOptions,
  type PictureFrame,
} from "@retrovue/core";
import { changedDecoder } from "./changed-decoder.js";
import { type Mutant, mutant } from "./mutation.js";

/** Opens one asset after the other: who is slow keeps all waiting. */
class QueueingChooser extends DecoderChooser {
  #last: Promise<unknown> = Promise.resolve();

  override open(...args: Parameters<DecoderChooser["open"]>): ReturnType<DecoderChooser["open"]> {
    const opened = this.#last.then(() => super.open(...args));
    this.#last = opened.catch(() => {});
    return opened;
  }
}

/** Never tries again what has failed. */
class ResigningChooser extends DecoderChooser {
  readonly #given = new Set<string>();

  override async open(
    asset: AssetRef,
    options: OpenOptions,
    failed: ReadonlySet<number>,
    signal: AbortSignal,
  ): ReturnType<DecoderChooser["open"]> {
    if (failed.size === 0 && this.#given.delete(asset.uri)) return untilAborted(signal);
    try {
      return await super.open(asset, options, failed, signal);
    } catch (thrown) {
      if (!signal.aborted) this.#given.add(asset.uri);
      throw thrown;
    }
  }
}

/** Takes its time before it opens the next decoder in the place of one that failed. */
class HesitatingChooser extends DecoderChooser {
  readonly #clock: DecoderChooserOptions["clock"];

  constructor(options: DecoderChooserOptions) {
    super(options);
    this.#clock = options.clock;
  }

  override async open(...args: Parameters<DecoderChooser["open"]>): ReturnType<DecoderChooser["open"]> {
    const [, , failed, signal] = args;
    if (failed.size > 0)
      await this.#clock.sleepUntil((this.#clock.now() + hesitationNs) as Nanoseconds, signal);
    return super.open(...args);
  }
}

/** More than the lead, and less than anything else that is promised. */
const hesitationNs = nanosecondsFromMs(550);

/** Has nobody ready for a decoder that hangs: it has to be given up first. */
class LonelyChooser extends DecoderChooser {
  override hasOthers(): boolean {
    return false;
  }
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

/** Where a decoder was when it failed. */
interface Failure {
  readonly inPoint: MediaTime;
  readonly at: MediaTime;
}

/** A picture that claims another time than its own. */
const claiming = (picture: PictureFrame, time: bigint): PictureFrame =>
  Object.create(picture, {
    time: { value: mediaTime(time) },
    release: { value: () => picture.release() },
  });

/** Decoders that, opened after a failure, go on at a place of their own and say it is the one asked for. */
function returningAt(
  inner: DecoderFactory,
  failures: Map<string, Failure>,
  where: (failure: Failure) => MediaTime,
) {
  const open = async (asset: AssetRef, options: OpenOptions, signal: AbortSignal): Promise<Decoder> => {
    const decoder = await inner.open(asset, options, signal);
    const failure = failures.get(asset.uri);
    failures.delete(asset.uri);
    let shift = 0n;
    let inPoint: MediaTime | undefined;
    let at = mediaTime(0n);
    const failed = (thrown: unknown, by: AbortSignal): never => {
      if (!by.aborted) failures.set(asset.uri, { inPoint: inPoint ?? mediaTime(0n), at });
      throw thrown;
    };
    return {
      info: decoder.info,
      seek: (to, by) => {
        inPoint ??= to;
        if (failure === undefined) return decoder.seek(to, by);
        const place = where(failure);
        shift = to - place;
        return decoder.seek(place, by);
      },
      readPicture: async (notBefore, how, by) => {
        const from = notBefore - shift;
        const read = await decoder
          .readPicture(mediaTime(from > 0n ? from : 0n), how, by)
          .catch((thrown: unknown) => failed(thrown, by));
        if (read === endOfMedia) return read;
        at = read.time;
        return shift === 0n ? read : claiming(read, read.time + shift);
      },
      readSound: (samples, by) =>
        decoder.readSound(samples, by).catch((thrown: unknown) => failed(thrown, by)),
      [Symbol.asyncDispose]: () => Promise.resolve(decoder[Symbol.asyncDispose]()),
    };
  };
  return { probe: inner.probe.bind(inner), open };
}

/** Decoders whose pictures, but for the first, come by the phase that the decoder before them was left in. */
function stale(inner: DecoderFactory, phase: { ns: bigint }): DecoderFactory {
  const open = async (asset: AssetRef, options: OpenOptions, signal: AbortSignal): Promise<Decoder> => {
    const decoder = await inner.open(asset, options, signal);
    const carried = phase.ns;
    let isFirst = true;
    return {
      info: decoder.info,
      seek: (to, by) => {
        isFirst = true;
        return decoder.seek(to, by);
      },
      readPicture: async (...args) => {
        const read = await decoder.readPicture(...args);
        if (read === endOfMedia) return read;
        phase.ns = (read.duration ?? 0n) / 2n;
        const shift = isFirst ? 0n : carried;
        isFirst = false;
        return shift === 0n ? read : claiming(read, read.time - shift);
      },
      readSound: (...args) => decoder.readSound(...args),
      [Symbol.asyncDispose]: () => Promise.resolve(decoder[Symbol.asyncDispose]()),
    };
  };
  return { probe: inner.probe.bind(inner), open };
}

/** Tries at once, and again and again, what has failed. */
class HammeringChooser extends DecoderChooser {
  override async open(...args: Parameters<DecoderChooser["open"]>): ReturnType<DecoderChooser["open"]> {
    for (let tries = 1; ; tries++) {
      try {
        return await super.open(...args);
      } catch (thrown) {
        if (tries === hammeringTries) throw thrown;
      }
    }
  }
}

/** How often one that hammers tries before it waits. */
const hammeringTries = 30;

/** A decoder that is never closed. */
const leaky = (inner: DecoderFactory): DecoderFactory =>
  changedDecoder(inner, () => ({ [Symbol.asyncDispose]: async () => {} }));

/** Of all decoders that a factory opens the first is not closed. */
function keepingTheFirst(inner: DecoderFactory): DecoderFactory {
  let opened = 0;
  return changedDecoder(inner, () => {
    opened += 1;
    return opened === 1 ? { [Symbol.asyncDispose]: async () => {} } : {};
  });
}

/** Now and then asks for no sound at all. */
function askingForNothing(inner: DecoderFactory): DecoderFactory {
  let reads = 0;
  return changedDecoder(inner, (decoder) => ({
    readSound: async (samples, signal) => {
      reads += 1;
      if (reads % 200 === 0) await decoder.readSound(0, signal).catch(() => {});
      return decoder.readSound(samples, signal);
    },
  }));
}

/** Channels that handle their decoders wrongly. */
export const decoderMutants: readonly Mutant[] = [
  mutant(
    "stale-cadence",
    "Which picture airs depends on the phase that the last decoder was left in.",
    "picture/right-frame",
    () => {
      const phase = { ns: 0n };
      return { decoder: (factory) => stale(factory, phase) };
    },
  ),
  mutant("blocked-preparing", "One slow open keeps all others waiting.", "prepare/ready-in-time", () => ({
    chooser: (options) => new QueueingChooser(options),
  })),
  mutant(
    "hesitant-takeover",
    "The next decoder is opened only after a while.",
    "takeover/costs-no-tick",
    () => ({ chooser: (options) => new HesitatingChooser(options) }),
  ),
  mutant(
    "nobody-in-the-wings",
    "Only what has been given up is followed by another decoder.",
    "takeover/costs-no-tick",
    () => ({ chooser: (options) => new LonelyChooser(options) }),
  ),
  mutant("no-retry", "What has failed is not tried again.", "stand-in/back-in-time", () => ({
    chooser: (options) => new ResigningChooser(options),
  })),
  mutant(
    "resumes-where-it-failed",
    "After a fault it goes on where it broke off.",
    "picture/right-frame",
    () => {
      const failures = new Map<string, Failure>();
      return { decoder: (factory) => returningAt(factory, failures, ({ at }) => at) };
    },
  ),
  mutant("restarts-at-the-in-point", "After a fault the segment begins again.", "picture/right-frame", () => {
    const failures = new Map<string, Failure>();
    return { decoder: (factory) => returningAt(factory, failures, ({ inPoint }) => inPoint) };
  }),
  mutant("hammering", "What has failed is tried again and again at once.", "retry/backs-off", () => ({
    chooser: (options) => new HammeringChooser(options),
  })),
  mutant("one-decoder-kept", "One decoder is still open at the end.", "memory/all-given-back", () => ({
    decoder: keepingTheFirst,
  })),
  mutant("empty-reads", "Decoders are asked for no samples at all.", "decoder/used-as-promised", () => ({
    decoder: askingForNothing,
  })),
  mutant("decoder-leak", "Decoders are not closed.", "memory/decoders-are-bounded", () => ({
    decoder: leaky,
  })),
];
