import { type Nanoseconds, nanoseconds } from "../time/units.js";

/** As many deviations as `ClockHealth.jitterNsP95` speaks of. */
export const scatterWindow = 64;

/** The last 64 deviations from where a clock was expected. */
export class Scatter {
  readonly #deviationsNs: number[] = [];
  #next = 0;

  /** @param deviationNs nanoseconds, either sign */
  add(deviationNs: number): void {
    this.#deviationsNs[this.#next] = Math.abs(deviationNs);
    this.#next = (this.#next + 1) % scatterWindow;
  }

  /** The 95th percentile of what was added; 0 before anything was. */
  get p95(): Nanoseconds {
    return percentile95(this.#deviationsNs);
  }
}

/** The least value that 95 % of the (non-negative) values do not exceed; 0 for none. */
export function percentile95(valuesNs: readonly number[]): Nanoseconds {
  const sorted = [...valuesNs].sort((a, b) => a - b);
  return nanoseconds(BigInt(Math.round(sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0)));
}
