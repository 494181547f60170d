import { invariant } from "../errors/invariant.js";
import { floorDiv } from "./division.js";
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
  /** What one tick lasts, rounded down to the nanosecond: `length(1)`. */
  readonly tickLength: Nanoseconds;
  readonly #num: bigint;
  readonly #denNs: bigint;
  // The tick loop asks for the same tick's time, and the same length, several times over: the last answers are kept.
  #timed = -1;
  #time = 0n as Nanoseconds;
  #measured = 0;
  #length = 0n as Nanoseconds;

  /**
   * @param frameRate frames per second, in lowest terms, 1 to 240 fps, denominator at most 1 001. Rates from
   *   outside go through `houseRate` (or a schema) first: a breach here is our own error.
   * @param sampleRate samples per second, a whole number from 8 000 to 192 000
   */
  constructor(frameRate: Rational, sampleRate: number) {
    const { num, den } = frameRate;
    // These bounds keep every intermediate product of `sampleAt` below 2^53: 240 240 · 1 001 · 192 000 < 2^46.
    invariant(
      Number.isSafeInteger(num) && Number.isSafeInteger(den),
      "a house rate is a fraction of integers",
    );
    invariant(den >= 1 && den <= 1001 && num >= den && num <= 240 * den, "a house rate is 1 to 240 fps");
    invariant(
      Number.isSafeInteger(sampleRate) && sampleRate >= 8_000 && sampleRate <= 192_000,
      "a house sample rate is 8 to 192 kHz",
    );
    this.frameRate = frameRate;
    this.sampleRate = sampleRate;
    this.#num = BigInt(num);
    this.#denNs = BigInt(den) * nsPerSecond;
    this.tickLength = (this.#denNs / this.#num) as Nanoseconds;
  }

  /** House time at which `n` is shown first. */
  tickTime(n: Tick): Nanoseconds {
    if (n !== this.#timed) {
      this.#time = ((BigInt(n) * this.#denNs) / this.#num) as Nanoseconds;
      this.#timed = n;
    }
    return this.#time;
  }

  /**
   * The tick that is on air at `at`: the greatest with `tickTime(n) ≤ at`. Before the epoch there is none, so that
   * `at < 0` breaks an invariant. Inverse of `tickTime`: `tickAtOrBefore(tickTime(n)) = n`.
   */
  tickAtOrBefore(at: Nanoseconds): Tick {
    invariant(at >= 0n, "no tick is on air before the epoch");
    // tickTime(n) ≤ at  ⟺  n·den·1e9 < (at+1)·num  ⟺  n ≤ ceil((at+1)·num / (den·1e9)) − 1
    return Number(((at + 1n) * this.#num - 1n) / this.#denNs) as Tick;
  }

  /**
   * The first tick not shown before `at`: the least with `tickTime(n) ≥ at`; 0 for any time before the epoch. Plan
   * boundaries use this one. Inverse of `tickTime`: `tickAtOrAfter(tickTime(n)) = n`.
   */
  tickAtOrAfter(at: Nanoseconds): Tick {
    if (at <= 0n) return 0 as Tick;
    // tickTime(n) ≥ at  ⟺  n·den·1e9 ≥ at·num, since `at` is whole
    return Number((at * this.#num + this.#denNs - 1n) / this.#denNs) as Tick;
  }

  /**
   * First sample of tick `n`. Plain doubles, for the tick loop allocates nothing here: exact while the result is a
   * safe integer, at 192 kHz until the year 3456.
   */
  sampleAt(n: Tick): SampleIndex {
    // Whole cycles of `num` ticks carry exactly den·rate samples, and `%` and the division of a multiple are exact
    // in doubles. The rest's product is below 2^46, so that its quotient cannot round up to the next whole number.
    const { num, den } = this.frameRate;
    const rest = n % num;
    const cycles = (n - rest) / num;
    return (cycles * den * this.sampleRate + Math.floor((rest * den * this.sampleRate) / num)) as SampleIndex;
  }

  /** Samples that tick `n` carries. */
  samplesIn(n: Tick): number {
    return this.sampleAt((n + 1) as Tick) - this.sampleAt(n);
  }

  /** The tick that carries sample `s`: the greatest with `sampleAt(n) ≤ s`. `tickOfSample(sampleAt(n)) = n`. */
  tickOfSample(s: SampleIndex): Tick {
    // sampleAt(n) ≤ s  ⟺  n·den·rate < (s+1)·num
    const denRate = BigInt(this.frameRate.den * this.sampleRate);
    return Number(((BigInt(s) + 1n) * this.#num - 1n) / denRate) as Tick;
  }

  /**
   * What `ticks` ticks last, `ticks · den / num` seconds, rounded down to the nanosecond. `ticks` may be negative.
   * Not a difference of `tickTime`s: it depends on the count alone, as the cadence needs it.
   */
  length(ticks: number): Nanoseconds {
    if (ticks === 1) return this.tickLength;
    if (ticks !== this.#measured) {
      this.#length = floorDiv(BigInt(ticks) * this.#denNs, this.#num) as Nanoseconds;
      this.#measured = ticks;
    }
    return this.#length;
  }

  /** Whole ticks that fit into a length of time ≥ 0. */
  ticksIn(length: Nanoseconds): number {
    return Number((length * this.#num) / this.#denNs);
  }
}
