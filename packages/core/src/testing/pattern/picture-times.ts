import { PlayoutError } from "../../errors/playout-error.js";
import type { Rational } from "../../time/rational.js";
import { type MediaTime, mediaTime, nsPerSecond } from "../../time/units.js";

/** How a container rounds timestamps: not at all, to 1/90000 s (MPEG-TS) or to 1 ms (Matroska). */
export type TimestampRounding = "exact" | "90k" | "ms";

/** When each picture of an asset is shown. Exact integers; nothing accumulates. */
export class PictureTimes {
  readonly rate: Rational;
  readonly rounding: TimestampRounding;
  /** Pictures of one cycle of a variable rate begin at these; empty for a constant rate. */
  readonly #starts: readonly bigint[];
  readonly #cycle: bigint;

  constructor(options: {
    readonly rate: Rational;
    /** Variable rate: how long each picture is shown, over and over. */
    readonly durations?: readonly bigint[] | undefined;
    readonly rounding: TimestampRounding;
  }) {
    this.rate = options.rate;
    this.rounding = options.rounding;
    const starts: bigint[] = [];
    let at = 0n;
    for (const duration of options.durations ?? []) {
      if (duration < 1_000_000n) {
        throw new PlayoutError("InvalidArgument", "A picture is shown for at least a millisecond.");
      }
      starts.push(at);
      at += duration;
    }
    this.#starts = starts;
    this.#cycle = at;
  }

  /** When picture `n` is shown, as the container says it; rounded down to the nanosecond. */
  at(n: number): MediaTime {
    const exact = this.#exact(n);
    if (this.rounding === "exact") return mediaTime(exact);
    if (this.rounding === "ms") return mediaTime(((exact + 500_000n) / 1_000_000n) * 1_000_000n);
    // 1/90000 s is 100000/9 ns.
    return mediaTime((this.ptsAt(n) * 100_000n) / 9n);
  }

  /** The timestamp of picture `n` in units of `timeBase`. */
  ptsAt(n: number): bigint {
    const exact = this.#exact(n);
    if (this.rounding === "exact") return this.#starts.length > 0 ? exact : BigInt(n);
    if (this.rounding === "ms") return (exact + 500_000n) / 1_000_000n;
    return (exact * 9n + 50_000n) / 100_000n;
  }

  /** Seconds per unit of `ptsAt`. */
  get timeBase(): Rational {
    if (this.rounding === "ms") return { num: 1, den: 1_000 };
    if (this.rounding === "90k") return { num: 1, den: 90_000 };
    return this.#starts.length > 0
      ? { num: 1, den: 1_000_000_000 }
      : { num: this.rate.den, den: this.rate.num };
  }

  /** The last picture whose time is at or before `time`; 0 for times before the first. */
  atOrBefore(time: bigint): number {
    if (time <= 0n) return 0;
    let n = this.#estimate(time);
    while (n > 0 && this.at(n) > time) n--;
    while (this.at(n + 1) <= time) n++;
    return n;
  }

  /** How many pictures begin before `time`, by exact times. */
  countBefore(time: bigint): number {
    let n = this.#estimate(time);
    while (n > 0 && this.#exact(n - 1) >= time) n--;
    while (this.#exact(n) < time) n++;
    return n;
  }

  #exact(n: number): bigint {
    const length = this.#starts.length;
    if (length === 0) return (BigInt(n) * BigInt(this.rate.den) * nsPerSecond) / BigInt(this.rate.num);
    return BigInt(Math.floor(n / length)) * this.#cycle + (this.#starts[n % length] ?? 0n);
  }

  /** Within a cycle of the right place. */
  #estimate(time: bigint): number {
    if (this.#starts.length > 0) return Number(time / this.#cycle) * this.#starts.length;
    return Number((time * BigInt(this.rate.num)) / (BigInt(this.rate.den) * nsPerSecond));
  }
}
