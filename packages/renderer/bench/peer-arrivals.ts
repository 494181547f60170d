import { PictureStamps } from "./picture-stamps.ts";

/**
 * Watches when the pictures of an encoder come that follows no house clock: the one that came earliest for its stamp is in
 * time, and the others are late by what they are behind it.
 */
export class PeerArrivals {
  readonly #stamps = new PictureStamps();
  readonly #behindMs: number[] = [];
  #last: bigint | undefined;
  /** Pictures between two that had none. */
  missing = 0;

  readonly #step: bigint;

  /** @param step from one picture's stamp to the next one's, in units of 90 kHz */
  constructor(step: bigint) {
    this.#step = step;
  }

  get pictures(): number {
    return this.#behindMs.length;
  }

  take(bytes: Buffer): void {
    const now = performance.now();
    for (const stamp of this.#stamps.take(bytes)) {
      if (this.#last !== undefined)
        this.missing += Math.max(0, Number((stamp - this.#last) / this.#step) - 1);
      this.#last = stamp;
      this.#behindMs.push(now - Number(stamp) / 90);
    }
  }

  /** Forgets what came so far, which was a start. */
  restart(): void {
    this.#behindMs.length = 0;
    this.missing = 0;
  }

  /** Pictures that came more than `lateMs` after their time. */
  late(lateMs: number): number {
    const inTime = Math.min(...this.#behindMs);
    return this.#behindMs.filter((behind) => behind - inTime > lateMs).length;
  }
}
