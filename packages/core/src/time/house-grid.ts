import { invariant } from "../errors/invariant.js";
import type { Rational } from "./rational.js";
import { type Nanoseconds, nsPerSecond, type SampleIndex, type Tick } from "./units.js";

/**
 * The grid that all output lies on: tick n is shown from `floor(n · den · 1e9 / num)` nanoseconds after the
 * Unix epoch, and carries the sound samples `[S(n), S(n+1))` with `S(n) = floor(n · den · rate / num)`.
 *
 * Every conversion is integer arithmetic and names its rounding; nothing accumulates, so any engine finds
 * the same tick for the same instant, a century from now as well.
 */
export class HouseGrid {
  readonly frameRate: Rational;
  readonly sampleRate: number;
  readonly #num: bigint;
  readonly #denNs: bigint;

  /**
   * @param frameRate frames per second, in lowest terms, 1 to 240 fps
   * @param sampleRate samples per second, 8 000 to 192 000
   */
  constructor(frameRate: Rational, sampleRate: number) {
    // These bounds keep `sampleAt` below 2^53 in every intermediate product.
    invariant(frameRate.num <= 240_000 && frameRate.den <= 1001, "a house rate is a standard rate");
    invariant(sampleRate >= 8_000 && sampleRate <= 192_000, "a house sample rate is a standard rate");
    this.frameRate = frameRate;
    this.sampleRate = sampleRate;
    this.#num = BigInt(frameRate.num);
    this.#denNs = BigInt(frameRate.den) * nsPerSecond;
  }

  /** House time at which `n` is shown first. */
  tickTime(n: Tick): Nanoseconds {
    return ((BigInt(n) * this.#denNs) / this.#num) as Nanoseconds;
  }

  /** The tick that is on air at `at`: the greatest with `tickTime(n) ≤ at`. `at` must not precede the epoch. */
  tickAtOrBefore(at: Nanoseconds): Tick {
    // tickTime(n) ≤ at  ⟺  n·den·1e9 < (at+1)·num  ⟺  n ≤ ceil((at+1)·num / (den·1e9)) − 1
    return Number(((at + 1n) * this.#num - 1n) / this.#denNs) as Tick;
  }

  /** The first tick not shown before `at`: the least with `tickTime(n) ≥ at`. Plan boundaries use this one. */
  tickAtOrAfter(at: Nanoseconds): Tick {
    // tickTime(n) ≥ at  ⟺  n·den·1e9 ≥ at·num
    return Number((at * this.#num + this.#denNs - 1n) / this.#denNs) as Tick;
  }

  /** First sample of tick `n`. */
  sampleAt(n: Tick): SampleIndex {
    // Whole cycles of `num` ticks carry exactly den·rate samples; the rest is below 2^53 and so exact.
    const { num, den } = this.frameRate;
    const cycles = Math.floor(n / num);
    return (cycles * den * this.sampleRate +
      Math.floor(((n - cycles * num) * den * this.sampleRate) / num)) as SampleIndex;
  }

  /** Samples that tick `n` carries. */
  samplesIn(n: Tick): number {
    return this.sampleAt((n + 1) as Tick) - this.sampleAt(n);
  }

  /** The tick that carries sample `s`: the greatest with `sampleAt(n) ≤ s`. */
  tickOfSample(s: SampleIndex): Tick {
    // sampleAt(n) ≤ s  ⟺  n·den·rate < (s+1)·num
    const denRate = BigInt(this.frameRate.den * this.sampleRate);
    return Number(((BigInt(s) + 1n) * this.#num - 1n) / denRate) as Tick;
  }

  /** Time from the start of a tick to the start of the `ticks`-th after it, rounded down to the nanosecond. */
  length(ticks: number): Nanoseconds {
    return ((BigInt(ticks) * this.#denNs) / this.#num) as Nanoseconds;
  }
}
