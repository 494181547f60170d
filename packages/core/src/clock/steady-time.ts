import type { Nanoseconds } from "../time/units.js";
import type { Clock, ClockMapping } from "./clock.js";
import { houseAt } from "./mapping.js";

/** Time is moved by hand (`ManualClock`): whatever it moves by is time that passes. */
const standstillPpb = -1_000_000_000;

/**
 * How much time passes, by a clock that may be stepped forward by order: a leap of house time (`Resync`) is not counted, since
 * nothing could happen in it. For deadlines on work; what airs follows house time itself. Dispose it to stop listening.
 */
export class SteadyTime implements Disposable {
  readonly clock: Clock;
  readonly #listening: Disposable;
  #mapping: ClockMapping;
  #leaptNs = 0n;

  constructor(clock: Clock) {
    this.clock = clock;
    this.#mapping = clock.mapping();
    this.#listening = clock.onMapping((mapping) => {
      this.#leaptNs += leapOf(this.#mapping, mapping);
      this.#mapping = mapping;
    });
  }

  /** Nanoseconds since some instant; only differences mean anything. Never steps back. */
  now(): Nanoseconds {
    return (this.clock.now() - this.#leaptNs) as Nanoseconds;
  }

  /** Nanoseconds of house time that were leapt over since this was made. */
  get leaptNs(): bigint {
    return this.#leaptNs;
  }

  /** Resolves when so much time has passed; rejects as `Clock.sleepUntil` does. */
  async sleep(lengthNs: Nanoseconds, signal: AbortSignal): Promise<void> {
    const until = this.now() + lengthNs;
    for (let left: bigint = lengthNs; left > 0n; left = until - this.now()) {
      await this.clock.sleepUntil((this.clock.now() + left) as Nanoseconds, signal);
    }
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }
}

/** By how much house time stepped forward where `to` took the place of `from`. */
function leapOf(from: ClockMapping, to: ClockMapping): bigint {
  if (from.ratePpb === standstillPpb || to.ratePpb === standstillPpb) return 0n;
  const leap = to.houseAnchor - houseAt(from, to.monoAnchor);
  // A step back makes house time stand still for that long: deadlines then come later, which does no harm.
  return leap > 0n ? leap : 0n;
}
