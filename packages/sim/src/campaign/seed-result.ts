import type { RuleName } from "../check/rules.js";
import type { Violation } from "../check/violation.js";
import { mutantNamed } from "../mutants/index.js";
import { World, type WorldOptions, type WorldReport } from "../world/world.js";

/** A promise broken, as plain values. */
export interface BrokenPromise {
  readonly rule: RuleName;
  /** The house tick, and the same counted from the channel's first. */
  readonly tick: number;
  readonly offset: number;
  readonly what: string;
}

/** What one seed came to, as plain values that cross threads. */
export interface SeedResult extends Omit<WorldReport, "violation" | "firstTick"> {
  readonly broken: BrokenPromise | undefined;
}

/** What a seed is run with. */
export interface SeedOrder {
  readonly seed: number;
  readonly minutes: number;
  /** A mutant's name; undefined for the channel as it ships. */
  readonly mutant: string | undefined;
}

/** Runs one world to its end. Only a fault of the simulation itself is thrown. */
export async function runSeed(
  order: SeedOrder,
  watch: Pick<WorldOptions, "onStart" | "trace" | "onTick"> = {},
): Promise<SeedResult> {
  const { seed, minutes, mutant } = order;
  const world = new World({
    seed,
    minutes,
    ...(mutant !== undefined && { mutation: mutantNamed(mutant).make() }),
    ...watch,
  });
  const { violation, firstTick, ...report } = await world.run();
  return { ...report, broken: violation && plain(violation, firstTick) };
}

const plain = ({ rule, tick, what }: Violation, firstTick: number): BrokenPromise => ({
  rule,
  tick,
  offset: tick - firstTick,
  what,
});
