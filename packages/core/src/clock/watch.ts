import type { Nanoseconds } from "../time/units.js";
import { Alarm } from "./alarm.js";
import type { SteadyTime } from "./steady-time.js";

/** Looks after one piece of work at a time: rings where it is not over after so long. A leap of house time does not count. */
export class Watch implements Disposable {
  readonly #time: SteadyTime;
  readonly #lengthNs: Nanoseconds;
  readonly #alarm: Alarm;
  /** House time at which the work has taken too long, and what had been leapt over when that was worked out. */
  #until = 0n as Nanoseconds;
  #leaptNs = 0n;

  /** @param ring called once for each piece of work that takes too long; must not throw */
  constructor(time: SteadyTime, lengthNs: Nanoseconds, ring: () => void) {
    this.#time = time;
    this.#lengthNs = lengthNs;
    this.#alarm = new Alarm(time.clock, () => {
      const leaptNs = time.leaptNs - this.#leaptNs;
      if (leaptNs === 0n) ring();
      else this.#armAt(this.#until + leaptNs);
    });
  }

  /** The work begins, or goes on to its next step: it has all the time again. */
  begin(): void {
    this.#armAt(this.#time.clock.now() + this.#lengthNs);
  }

  /** The work is over. */
  end(): void {
    this.#alarm.disarm();
  }

  #armAt(until: bigint): void {
    this.#until = until as Nanoseconds;
    this.#leaptNs = this.#time.leaptNs;
    this.#alarm.arm(this.#until);
  }

  [Symbol.dispose](): void {
    this.#alarm[Symbol.dispose]();
  }
}
