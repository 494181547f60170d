import { type BarredPair, type Nanoseconds, Quarantine } from "@retrovue/core";

/** A bar as it is told to workers. */
export interface Bar extends BarredPair {
  /** Undefined: until it is cleared. */
  readonly until: Nanoseconds | undefined;
  /** True where it was cleared: `until` has passed, so that copies forget it at their next question. */
  readonly isLifted?: boolean;
}

/** Bars told to a new worker at most: the quarantine's own bound (core: quarantine.ts). */
const barsMax = 1_024;

/** The quarantine of an engine, which also tells those who keep a copy in another process. */
export class SharedQuarantine extends Quarantine {
  /** In the order in which they were barred, by pair. */
  readonly #bars = new Map<string, Bar>();
  readonly #listeners = new Set<(bar: Bar) => void>();

  override bar(pair: BarredPair, until?: Nanoseconds): void {
    super.bar(pair, until);
    const bar: Bar = { uri: pair.uri, decoderIndex: pair.decoderIndex, until };
    const key = `${pair.decoderIndex} ${pair.uri}`;
    this.#bars.delete(key);
    this.#bars.set(key, bar);
    const [oldest] = this.#bars.keys();
    if (this.#bars.size > barsMax && oldest !== undefined) this.#bars.delete(oldest);
    for (const listener of this.#listeners) listener(bar);
  }

  override clear(uri?: string): void {
    super.clear(uri);
    for (const [key, bar] of [...this.#bars]) {
      if (uri !== undefined && bar.uri !== uri) continue;
      this.#bars.delete(key);
      const lifted: Bar = { ...bar, until: 0n as Nanoseconds, isLifted: true };
      for (const listener of this.#listeners) listener(lifted);
    }
  }

  /** All bars in force or lapsed since, for whoever begins to keep a copy. */
  bars(): readonly Bar[] {
    return [...this.#bars.values()];
  }

  /** Hears of each new bar, and of each that was cleared, until disposed. */
  onBar(listener: (bar: Bar) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }
}
