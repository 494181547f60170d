import type { Rational, Tick } from "@retrovue/core";
import type { Violation } from "../check/violation.js";
import type { StageReport } from "./stage.js";

/** What was seen in a world. */
export interface WorldReport {
  readonly seed: number;
  readonly rate: Rational;
  /** What its clock followed. */
  readonly clock: "utc" | "master";
  readonly channels: number;
  readonly firstTick: Tick;
  readonly ticks: number;
  readonly seams: number;
  readonly standIns: number;
  readonly repeats: number;
  readonly samples: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly reasons: Readonly<Record<string, number>>;
  readonly violation: Violation | undefined;
  /** Of everything that aired: equal for equal runs. */
  readonly fingerprint: number;
}

/** Why there were stand-ins, on all channels together, and on how many ticks each. */
export function reasonsOf(reports: readonly StageReport[]): Record<string, number> {
  const [first, ...others] = reports;
  const reasons = { ...first?.reasons };
  for (const other of others)
    for (const [reason, count] of Object.entries(other.reasons))
      reasons[reason] = (reasons[reason] ?? 0) + count;
  return reasons;
}
