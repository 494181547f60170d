import { type HostTime, type Nanoseconds, nanoseconds, type Timer } from "@retrovue/core";

const nsPerMs = 1_000_000n;

/** `setTimeout` counts milliseconds in 31 bits and takes anything longer for 1 ms. */
const delayMsMax = 2 ** 31 - 1;

/**
 * Host time from Node. `process.hrtime` reads CLOCK_MONOTONIC on Linux, the very clock that the native committer and all
 * other processes of the host read. UTC has more than `Date`'s milliseconds where the runtime's high-resolution origin
 * agrees with it.
 */
export class NodeHostTime implements HostTime {
  readonly timer: Timer = { after: (delay, wake) => new HostTimer(delay, wake) };

  monotonic(): Nanoseconds {
    return nanoseconds(process.hrtime.bigint());
  }

  utc(): Nanoseconds {
    const coarse = BigInt(Date.now()) * nsPerMs;
    // performance.timeOrigin is UTC at start to the microsecond, and does not know of steps since: where it agrees with
    // the wall clock's millisecond it says which part of it has passed.
    const fine = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1_000)) * 1_000n;
    return nanoseconds(fine >= coarse && fine < coarse + nsPerMs ? fine : coarse);
  }
}

/** A class, since one is made for each sleep: an object made on the spot with a symbol for a name costs several times as much. */
class HostTimer implements Disposable {
  readonly #handle: NodeJS.Timeout;

  constructor(delay: Nanoseconds, wake: () => void) {
    // Rounded up: early costs a second timer, late by a fraction of a millisecond costs nothing here.
    const ms = Math.min(Number((delay + nsPerMs - 1n) / nsPerMs), delayMsMax);
    this.#handle = setTimeout(wake, ms);
    this.#handle.unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#handle);
  }
}
