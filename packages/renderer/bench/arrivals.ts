import { PictureStamps } from "./picture-stamps.ts";

/** Bits that stamps are counted in. */
const stampBits = 33;

/**
 * Watches when the pictures of a stream come to whoever reads it, ours and a peer's alike. How long a stream takes on its way is
 * its own affair, so a picture's time is its stamp and what half of the pictures take at most: those are late that come behind it.
 */
export class Arrivals {
  readonly #stamps = new PictureStamps();
  readonly #step: bigint;
  /** Arrival less stamp, of each picture. */
  readonly #tookMs: number[] = [];
  #first: bigint | undefined;
  #last: bigint | undefined;
  /** Pictures between two that had none. */
  missing = 0;

  /** @param step from one picture's stamp to the next one's, in units of 90 kHz */
  constructor(step: bigint) {
    this.#step = step;
  }

  get pictures(): number {
    return this.#tookMs.length;
  }

  take(bytes: Buffer): void {
    const now = performance.now();
    for (const stamp of this.#stamps.take(bytes)) {
      if (this.#last !== undefined)
        this.missing += Math.max(0, Number(BigInt.asUintN(stampBits, stamp - this.#last) / this.#step) - 1);
      this.#last = stamp;
      this.#first ??= stamp;
      this.#tookMs.push(now - Number(BigInt.asUintN(stampBits, stamp - this.#first)) / 90);
    }
  }

  /** Forgets what came so far, which was a start. */
  restart(): void {
    this.#tookMs.length = 0;
    this.missing = 0;
  }

  /** How far behind its time the latest picture is, in milliseconds. */
  get worstMs(): number {
    const sorted = [...this.#tookMs].sort((a, b) => a - b);
    return (sorted.at(-1) ?? Number.NaN) - (sorted[Math.floor(sorted.length / 2)] ?? Number.NaN);
  }
}
