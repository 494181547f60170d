import { type Nanoseconds, nanoseconds, nsPerMs } from "../time/units.js";
import type { ClockHealth } from "./clock.js";
import type { HostTime } from "./host-time.js";
import { midpoint } from "./mapped-clock.js";
import { Scatter } from "./scatter.js";
import { SteeredClock } from "./steered-clock.js";

/** How often UTC is looked at: a step is noticed within a second. */
const watchNs = nanoseconds(1_000_000_000n);

/** UTC may come in whole milliseconds, so that smaller differences mean nothing; twice that is acted upon. */
const deadbandNs = 2n * nsPerMs;

/** A reading of UTC that took longer than this was interrupted, and says nothing of the moment. */
const readingNsMax = nsPerMs;

/**
 * **House time after the host's own clock:** CLOCK_MONOTONIC, anchored to UTC when made. A step of UTC (NTP, an operator)
 * moves no tick: it is noticed within a second, slewed at 500 ppm at most, and told by `health()`.
 */
export class SystemClock extends SteeredClock {
  readonly #host: HostTime;
  readonly #scatter = new Scatter();
  #watch: Disposable;
  #utcAheadOfMono: bigint | undefined;

  constructor(host: HostTime) {
    super(host);
    this.#host = host;
    this.#watch = this.#watchAgain();
  }

  health(): ClockHealth {
    return {
      source: "system",
      state: "locked",
      offsetNs: this.lastErrorNs,
      // CLOCK_MONOTONIC is the host's UTC but for its steps: the kernel rates both alike.
      driftPpm: 0,
      jitterNsP95: this.#scatter.p95,
      corrections: this.mapping().sequence,
      alarm: this.isAlarming,
    };
  }

  protected currentError(): Nanoseconds {
    const { mono, utc } = this.#readUtc();
    return nanoseconds(utc - this.houseAt(mono));
  }

  #observe(): void {
    const { mono, utc, spanNs } = this.#readUtc();
    if (spanNs > readingNsMax) return;
    // Differences between neighbours, so that a step counts once and not as 64 deviations.
    if (this.#utcAheadOfMono !== undefined) this.#scatter.add(Number(utc - mono - this.#utcAheadOfMono));
    this.#utcAheadOfMono = utc - mono;

    const error = nanoseconds(utc - this.houseAt(mono));
    if (error > deadbandNs && !this.hasAired) this.step(error);
    else if (error > deadbandNs || error < -deadbandNs) this.steer(error, 0);
    else this.noteError(error);
  }

  /** UTC and CLOCK_MONOTONIC at one moment, and how long it took to read them. */
  #readUtc(): { readonly mono: Nanoseconds; readonly utc: Nanoseconds; readonly spanNs: bigint } {
    const before = this.#host.monotonic();
    const utc = this.#host.utc();
    const after = this.#host.monotonic();
    return { mono: midpoint(before, after), utc, spanNs: after - before };
  }

  #watchAgain(): Disposable {
    return this.#host.timer.after(watchNs, () => {
      this.#watch = this.#watchAgain();
      this.#observe();
    });
  }

  override [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
    super[Symbol.dispose]();
  }
}
