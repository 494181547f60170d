import { type Nanoseconds, nanoseconds, nsPerMs } from "../time/units.js";
import type { ClockHealth } from "./clock.js";
import { type Exchange, type ExchangeVerdict, MasterEstimator } from "./exchange.js";
import type { HostTime } from "./host-time.js";
import { SteeredClock } from "./steered-clock.js";

/** How the disciplined clock treats its master. */
export interface DisciplineOptions {
  /** Silence after which the master counts as lost, nanoseconds. Default 30 s; at least a few of its intervals. */
  readonly holdoverAfterNs?: Nanoseconds;
}

/** With fewer exchanges than this an offset may be one unlucky round trip's. */
const exchangesToLock = 4;

/** Below this an error is left to the slew even before first air: no exchange is more exact. */
const stepNsMin = nsPerMs;

/** Steering for less than this would change the mapping in every process for nothing. */
const worthwhileNs = 20_000n;

/** As `worthwhileNs`, for the rate: 0.5 ppm is 30 µs a minute. */
const worthwhilePpb = 500;

const defaultHoldoverAfterNs = nanoseconds(30_000_000_000n);

/**
 * **House time after a master's clock**, learnt from exchanges over the control API. Free-running on the host's UTC until
 * four exchanges are in; then locked: error and drift are closed by slewing, and before first air a master that is ahead is
 * stepped to. A master that falls silent is followed on at its last known rate (holdover), and said to be lost.
 */
export class DisciplinedClock extends SteeredClock {
  readonly #estimator = new MasterEstimator();
  readonly #holdoverAfterNs: Nanoseconds;
  #state: ClockHealth["state"] = "free-run";
  #driftPpb = 0;
  #silence: Disposable | undefined;

  constructor(host: HostTime, options: DisciplineOptions = {}) {
    super(host);
    this.#holdoverAfterNs = options.holdoverAfterNs ?? defaultHoldoverAfterNs;
  }

  /**
   * Takes in one completed exchange, and corrects the clock by what is known then. Timestamps from outside need no check:
   * what cannot be is answered `impossible` and changes nothing, not even the wait for holdover.
   */
  exchange(exchange: Exchange): ExchangeVerdict {
    const verdict = this.#estimator.add(exchange);
    if (verdict === "impossible" || this.closed) return verdict;
    this.#listenForSilence();
    const estimate = this.#estimator.estimate();
    if (verdict === "set-aside" || estimate === undefined) return verdict;
    const isLocking = this.#state === "free-run" && estimate.exchanges < exchangesToLock;
    if (!isLocking) {
      this.#state = "locked";
      this.#correct(estimate.driftPpb);
    }
    return verdict;
  }

  health(): ClockHealth {
    const estimate = this.#estimator.estimate();
    return {
      source: "master",
      state: this.#state,
      offsetNs: this.lastErrorNs,
      driftPpm: (estimate?.driftPpb ?? 0) / 1_000,
      jitterNsP95: estimate?.jitterNsP95 ?? nanoseconds(0n),
      corrections: this.mapping().sequence,
      alarm: this.isAlarming,
    };
  }

  protected currentError(): Nanoseconds | undefined {
    if (this.#state === "free-run") return undefined;
    const mono = this.host.monotonic();
    const master = this.#estimator.estimate()?.masterAt(mono);
    return master === undefined ? undefined : nanoseconds(master - this.houseAt(mono));
  }

  #correct(driftPpb: number): void {
    const error = this.currentError();
    if (error === undefined) return;
    const isSmall = error < worthwhileNs && error > -worthwhileNs;
    if (isSmall && Math.abs(driftPpb - this.#driftPpb) < worthwhilePpb) {
      this.noteError(error);
      return;
    }
    this.#driftPpb = driftPpb;
    if (error > stepNsMin && !this.hasAired) this.step(error, driftPpb);
    else this.steer(error, driftPpb);
  }

  #listenForSilence(): void {
    this.#silence?.[Symbol.dispose]();
    this.#silence = this.host.timer.after(this.#holdoverAfterNs, () => {
      this.#silence = undefined;
      if (this.#state === "locked") this.#state = "holdover";
    });
  }

  override [Symbol.dispose](): void {
    this.#silence?.[Symbol.dispose]();
    super[Symbol.dispose]();
  }
}
