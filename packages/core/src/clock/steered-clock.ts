import { invariant } from "../errors/invariant.js";
import { PlayoutError } from "../errors/playout-error.js";
import { type Nanoseconds, nanoseconds, nsPerMs, nsPerSecond } from "../time/units.js";
import type { ClockMapping } from "./clock.js";
import type { HostTime } from "./host-time.js";
import { MappedClock, reanchor } from "./mapped-clock.js";
import { houseAt, slewPpbMax } from "./mapping.js";

/** An error beyond this is an alarm: slewing would take over half an hour. */
export const alarmNs = nsPerSecond;

/** How fast an error is closed where the slew allows it: in 4 s, so that 2 ms are taken at the full 500 ppm. */
const closeWithinNs = 4_000_000_000;

/** Hosts' timers are asked for an hour at most; a longer slew is taken up again. */
const slewTimerNsMax = 3_600_000_000_000;

/**
 * A clock that is led after a source by bending its rate, never by setting it: at most 500 ppm off CLOCK_MONOTONIC, drift
 * and correction together. Steps exist in one direction, forward, and for two reasons: before first air, and by order.
 */
export abstract class SteeredClock extends MappedClock {
  #hasAired = false;
  #errorNs = 0n;
  /** The source's own rate, to which each slew returns. */
  #straightPpb = 0;
  #slewEnd: Disposable | undefined;

  /** Starts at the host's UTC, at the rate of CLOCK_MONOTONIC. */
  protected constructor(host: HostTime) {
    super(host, {
      sequence: 0,
      monoAnchor: host.monotonic(),
      houseAnchor: host.utc(),
      ratePpb: 0,
    });
  }

  /** Says that a channel is on air: from now on nothing but `resync` steps the clock. Once is for ever. */
  markAired(): void {
    this.#hasAired = true;
  }

  /**
   * Steps house time forward to the source, at an operator's order, and tells how far. Ticks in between are skipped by
   * everyone alike. `WrongState` where there is no source yet, or where house time is ahead of it: that is only ever
   * slewed, since ticks that aired cannot air again.
   */
  resync(): Nanoseconds {
    const error = this.currentError();
    if (error === undefined) {
      throw new PlayoutError(
        "WrongState",
        "The clock has not heard from its source yet. Try again when it is locked.",
      );
    }
    if (error < 0n) {
      throw new PlayoutError(
        "WrongState",
        `House time is ${-error / nsPerMs} ms ahead of its source and never steps back. It is being slewed; to set it back, stop all channels and start the engine again.`,
        { details: { aheadMs: Number(-error / nsPerMs) } },
      );
    }
    this.step(error);
    return error;
  }

  /** Source minus house time at this moment, by all that is known; undefined before the source was heard. */
  protected abstract currentError(): Nanoseconds | undefined;

  protected get hasAired(): boolean {
    return this.#hasAired;
  }

  /** The error as it was estimated last. */
  protected get lastErrorNs(): Nanoseconds {
    return nanoseconds(this.#errorNs);
  }

  /** True while the last error is beyond a second. */
  protected get isAlarming(): boolean {
    return this.#errorNs > alarmNs || this.#errorNs < -alarmNs;
  }

  /**
   * Bends the rate so that `errorNs` (source minus house time, now) is closed in 4 s or as fast as the slew allows, and
   * straightens it to the source's own rate when that is done.
   *
   * @param driftPpb the source's rate against CLOCK_MONOTONIC, parts per billion
   */
  protected steer(errorNs: Nanoseconds, driftPpb: number): void {
    this.#errorNs = errorNs;
    this.#slewEnd?.[Symbol.dispose]();
    this.#slewEnd = undefined;
    const straight = clampSlew(driftPpb);
    this.#straightPpb = straight;
    const bent = clampSlew(driftPpb + (Number(errorNs) / closeWithinNs) * 1e9);
    this.#setRate(bent);
    const closingPpb = bent - straight;
    if (closingPpb === 0 || this.closed) return;
    const openNs = Math.abs(Number(errorNs) / closingPpb) * 1e9;
    const waitNs = Math.min(openNs, slewTimerNsMax);
    this.#slewEnd = this.host.timer.after(nanoseconds(BigInt(Math.ceil(waitNs))), () => {
      this.#slewEnd = undefined;
      const leftNs = Number(errorNs) * (1 - waitNs / openNs);
      this.steer(nanoseconds(BigInt(Math.round(leftNs))), driftPpb);
    });
  }

  /** Remembers an error that is too small to act upon; a slew under way goes on. */
  protected noteError(errorNs: Nanoseconds): void {
    this.#errorNs = errorNs;
  }

  /** Moves house time forward at once, and ends any slew: from here on it runs straight at the source's rate. */
  protected step(byNs: Nanoseconds, driftPpb: number = this.#straightPpb): void {
    invariant(byNs >= 0n, "house time never steps back");
    this.steer(nanoseconds(0n), driftPpb);
    if (byNs === 0n) return;
    const straight = reanchor(this.mapping(), this.host.monotonic(), this.mapping().ratePpb);
    this.adopt({ ...straight, houseAnchor: nanoseconds(straight.houseAnchor + byNs) });
  }

  /** House time at an instant of CLOCK_MONOTONIC under the present mapping. */
  protected houseAt(mono: Nanoseconds): Nanoseconds {
    return houseAt(this.mapping(), mono);
  }

  override [Symbol.dispose](): void {
    this.#slewEnd?.[Symbol.dispose]();
    super[Symbol.dispose]();
  }

  #setRate(ratePpb: number): void {
    const mapping: ClockMapping = this.mapping();
    if (ratePpb !== mapping.ratePpb) this.adopt(reanchor(mapping, this.host.monotonic(), ratePpb));
  }
}

const clampSlew = (ratePpb: number): number =>
  Math.round(Math.max(-slewPpbMax, Math.min(slewPpbMax, ratePpb)));
