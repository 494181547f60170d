import type { Nanoseconds } from "../time/units.js";

/** A decoder and an asset that do not go together. */
export interface BarredPair {
  readonly uri: string;
  /** The decoder's place in the configuration. */
  readonly decoderIndex: number;
}

/** Pairs remembered at one time; the oldest is forgotten when one more comes. */
const pairsMax = 1024;

/**
 * Pairs of asset and decoder that killed or blocked a worker. A pair that crashed one is barred until it is cleared, since trying
 * again would disturb what is on air again; one that only hung is barred for a time.
 */
export class Quarantine {
  /** Until when each pair is barred; undefined: until cleared. In the order in which they were barred. */
  readonly #until = new Map<string, Nanoseconds | undefined>();

  /** Bars a pair from now on. */
  bar(pair: BarredPair, until?: Nanoseconds): void {
    const key = keyOf(pair.uri, pair.decoderIndex);
    this.#until.delete(key);
    this.#until.set(key, until);
    if (this.#until.size <= pairsMax) return;
    const [oldest] = this.#until.keys();
    if (oldest !== undefined) this.#until.delete(oldest);
  }

  isBarred(uri: string, decoderIndex: number, now: Nanoseconds): boolean {
    const key = keyOf(uri, decoderIndex);
    if (!this.#until.has(key)) return false;
    const until = this.#until.get(key);
    if (until === undefined || now < until) return true;
    this.#until.delete(key);
    return false;
  }

  /** Forgets the pairs of an asset, as when its file was replaced; all of them without one. */
  clear(uri?: string): void {
    if (uri === undefined) this.#until.clear();
    else for (const key of [...this.#until.keys()]) if (uriOf(key) === uri) this.#until.delete(key);
  }

  get size(): number {
    return this.#until.size;
  }
}

const keyOf = (uri: string, decoderIndex: number): string => `${decoderIndex} ${uri}`;
const uriOf = (key: string): string => key.slice(key.indexOf(" ") + 1);
