import { nanoseconds } from "../time/units.js";
import type { ClockHealth, ClockMapping } from "./clock.js";
import type { HostTime } from "./host-time.js";
import { MappedClock } from "./mapped-clock.js";

/**
 * The clock of a process that did not make the mapping: a worker, a renderer, a reader. It tells the same house time as the
 * engine's clock, since both read one CLOCK_MONOTONIC; the engine's mappings are handed to `follow` as they come.
 */
export class FollowerClock extends MappedClock {
  constructor(host: Pick<HostTime, "monotonic" | "timer">, mapping: ClockMapping) {
    super(host, mapping);
  }

  /** Takes over a newer mapping; an older one, or the same again, changes nothing. */
  follow(mapping: ClockMapping): void {
    if (mapping.sequence > this.mapping().sequence) this.adopt(mapping);
  }

  /** Says nothing of the source: only the engine knows how well its clock follows it. */
  health(): ClockHealth {
    const { sequence, ratePpb } = this.mapping();
    return {
      source: "engine",
      state: "locked",
      offsetNs: nanoseconds(0n),
      driftPpm: ratePpb / 1_000,
      jitterNsP95: nanoseconds(0n),
      corrections: sequence,
      alarm: false,
    };
  }
}
