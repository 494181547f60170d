import type { ClockMapping } from "../clock/clock.js";
import type { HostTime, Timer } from "../clock/host-time.js";
import { type Nanoseconds, nanoseconds } from "../time/units.js";

/** 2031-05-06T07:08:09.123456789Z, a moment like any other. */
export const someUtc = nanoseconds(1_935_897_689_123_456_789n);

/** Runs the time it takes for woken promises to do their work: all microtasks, and whatever they queue. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A host whose time is moved by the test: no timer of it ever waits for real. */
export class VirtualHost implements HostTime {
  #mono = 86_400_000_000_000n * 3n;
  #utcAhead = someUtc - this.#mono;
  readonly #timers = new Set<{ readonly due: bigint; readonly order: number; readonly wake: () => void }>();
  #order = 0;
  /** How late (or, if negative, early) each timer fires. */
  lateness: (delay: bigint) => bigint = () => 0n;

  monotonic = (): Nanoseconds => nanoseconds(this.#mono);
  utc = (): Nanoseconds => nanoseconds(this.#mono + this.#utcAhead);

  readonly timer: Timer = {
    after: (delay, wake) => {
      if (delay < 0n || delay > 3_600_000_000_000n) throw new Error(`no timer takes ${delay} ns`);
      const wait = delay + this.lateness(delay);
      const entry = { due: this.#mono + (wait < 0n ? 0n : wait), order: this.#order++, wake };
      this.#timers.add(entry);
      return { [Symbol.dispose]: () => void this.#timers.delete(entry) };
    },
  };

  get timers(): number {
    return this.#timers.size;
  }

  /** As NTP or an operator may do: UTC jumps, the monotonic clock does not. */
  stepUtc(by: bigint): void {
    this.#utcAhead += by;
  }

  /** Lets time pass, timer by timer; what each wakes runs before time goes on. */
  async run(length: bigint, each?: () => void): Promise<void> {
    const end = this.#mono + length;
    for (let rounds = 0; ; rounds++) {
      const next = [...this.#timers]
        .filter(({ due }) => due <= end)
        .sort((a, b) => Number(a.due - b.due) || a.order - b.order)[0];
      if (!next) break;
      if (rounds > 10_000_000) throw new Error("timers without end");
      this.#timers.delete(next);
      if (next.due > this.#mono) this.#mono = next.due;
      next.wake();
      await settled();
      each?.();
    }
    this.#mono = end;
    each?.();
  }

  /** The same without waiting for promises: for clocks that nobody sleeps on. */
  runQuietly(length: bigint): void {
    const end = this.#mono + length;
    for (;;) {
      const next = [...this.#timers]
        .filter(({ due }) => due <= end)
        .sort((a, b) => Number(a.due - b.due) || a.order - b.order)[0];
      if (!next) break;
      this.#timers.delete(next);
      if (next.due > this.#mono) this.#mono = next.due;
      next.wake();
    }
    this.#mono = end;
  }
}

/** A mapping at the host's present time. */
export const mappingAt = (
  host: VirtualHost,
  sequence: number,
  houseAnchor: bigint,
  ratePpb: number,
): ClockMapping => ({
  sequence,
  monoAnchor: host.monotonic(),
  houseAnchor: nanoseconds(houseAnchor),
  ratePpb,
});
