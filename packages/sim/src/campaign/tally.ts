import type { SeedResult } from "./seed-result.js";

/** All seeds of a campaign together. */
export interface Tally {
  readonly seeds: number;
  readonly ticks: number;
  readonly seams: number;
  readonly samples: number;
  readonly repeats: number;
  readonly standIns: number;
  /** Stand-ins by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Faults met by kind, and what was done to the channel from outside. */
  readonly faults: Readonly<Record<string, number>>;
  readonly broken: readonly SeedResult[];
  /** Equal for equal campaigns, whatever ran them. Eight hexadecimal digits. */
  readonly fingerprint: string;
}

/** Adds results up; they are in the order of their seeds. */
export function tallyOf(results: readonly SeedResult[]): Tally {
  const sum = (of: (result: SeedResult) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  let fingerprint = 0x811c_9dc5;
  for (const result of results) {
    fingerprint = Math.imul(fingerprint ^ result.seed, 0x0100_0193);
    fingerprint = Math.imul(fingerprint ^ result.fingerprint, 0x0100_0193);
  }
  return {
    seeds: results.length,
    ticks: sum(({ ticks }) => ticks),
    seams: sum(({ seams }) => seams),
    samples: sum(({ samples }) => samples),
    repeats: sum(({ repeats }) => repeats),
    standIns: sum(({ standIns }) => standIns),
    reasons: together(results.map(({ reasons }) => reasons)),
    faults: together(results.map(({ faults }) => faults)),
    broken: results.filter(({ broken }) => broken !== undefined),
    fingerprint: (fingerprint >>> 0).toString(16).padStart(8, "0"),
  };
}

/** Counts by name, added up; the largest first, equal ones by name. */
function together(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total = new Map<string, number>();
  for (const count of counts) {
    for (const [name, value] of Object.entries(count)) total.set(name, (total.get(name) ?? 0) + value);
  }
  return Object.fromEntries([...total].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)));
}
