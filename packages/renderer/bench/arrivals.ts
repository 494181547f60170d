import { HouseGrid, ptsModulus, ptsOfTick, rational, type Tick } from "@retrovue/core";
import { PictureStamps } from "./picture-stamps.ts";

/** Watches when pictures of a stream arrive, against the house time at which their tick is shown (one clock on one host). */
export class Arrivals {
  /** Pictures that came, without those of the kept group that a viewer begins with. */
  pictures = 0;
  /** Of those, how many came more than `lateMs` after their tick's time. */
  late = 0;
  /** Ticks between two pictures that had none. */
  missing = 0;
  worstMs = Number.NEGATIVE_INFINITY;
  readonly #lateMs: number;
  readonly #grid = new HouseGrid(rational(30, 1), 48_000);
  readonly #stamps = new PictureStamps();
  #tick: Tick | undefined;

  /** @param lateMs a picture at 30 fps lasts 33 ms; what comes a picture too late starves a receiver that has no reserve */
  constructor(lateMs: number) {
    this.#lateMs = lateMs;
  }

  take(bytes: Buffer): void {
    for (const pts of this.#stamps.take(bytes)) this.#picture(pts);
  }

  #picture(pts: bigint): void {
    const now = BigInt(Date.now()) * 1_000_000n;
    const aired = this.#grid.tickAtOrBefore(now as never);
    const behind = ptsOfTick(this.#grid, aired) - pts;
    const wrapped = ((behind % ptsModulus) + ptsModulus + ptsModulus / 2n) % ptsModulus;
    const tick = (aired - Math.round(Number(wrapped - ptsModulus / 2n) / 3_000)) as Tick;
    const lateMs = Number(now - this.#grid.tickTime(tick)) / 1e6;
    const last = this.#tick;
    this.#tick = tick;
    // The kept group comes at once, and is old.
    if (this.pictures === 0 && lateMs > 100) return;
    this.pictures++;
    if (last !== undefined) this.missing += Math.max(0, tick - last - 1);
    this.worstMs = Math.max(this.worstMs, lateMs);
    if (lateMs > this.#lateMs) this.late++;
  }
}
