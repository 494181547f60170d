import { type Clock, type NamedDecoder, nanosecondsFromMs, type ProbeResult } from "@retrovue/core";

/** An answer about a file is worth asking for again after this: the file may have changed. */
const freshNs = nanosecondsFromMs(5_000);

/** Answers kept; the oldest is forgotten when one more comes. */
const answersMax = 64;

/**
 * What decoders answered when a plan was looked at, for the channel that then plays it: probing a file again that was open a moment
 * ago would only put off its first picture. Each answer is used once.
 */
export class ProbeMemory {
  readonly #clock: Clock;
  readonly #answers = new Map<string, { readonly result: ProbeResult; readonly until: bigint }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The decoders, for one look at one asset: each is asked once, however often it is probed, and its answer is kept. */
  looking(decoders: readonly NamedDecoder[]): readonly NamedDecoder[] {
    return decoders.map(({ name, factory }, index) => {
      let answered: ProbeResult | undefined;
      return {
        name,
        factory: {
          probe: async (asset, signal) => {
            answered ??= await factory.probe(asset, signal);
            this.#keep(keyOf(index, asset.uri), answered);
            return answered;
          },
          open: (asset, options, signal) => factory.open(asset, options, signal),
        },
      };
    });
  }

  /** The decoders, for playing: what one of them answered just now it is not asked again. */
  playing(decoders: readonly NamedDecoder[]): readonly NamedDecoder[] {
    return decoders.map(({ name, factory }, index) => ({
      name,
      factory: {
        probe: async (asset, signal) =>
          this.#take(keyOf(index, asset.uri)) ?? (await factory.probe(asset, signal)),
        open: (asset, options, signal) => factory.open(asset, options, signal),
      },
    }));
  }

  /** That a decoder cannot play a file is not kept: it may be there in a moment. */
  #keep(key: string, result: ProbeResult): void {
    this.#answers.delete(key);
    if (result.score === 0) return;
    this.#answers.set(key, { result, until: this.#clock.now() + freshNs });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > answersMax && oldest !== undefined) this.#answers.delete(oldest);
  }

  #take(key: string): ProbeResult | undefined {
    const answer = this.#answers.get(key);
    this.#answers.delete(key);
    return answer !== undefined && this.#clock.now() < answer.until ? answer.result : undefined;
  }
}

const keyOf = (index: number, uri: string): string => `${index} ${uri}`;
