import { type Nanoseconds, nanosecondsFromMs } from "../time/units.js";

/**
 * How often a supervisor looks after a channel that is not well, or may not be so much longer. Well below the minimum lead, so that it is
 * never the one who is late.
 */
const shortestNs = nanosecondsFromMs(100);

/**
 * And after one that is well. The last tick that a worker makes is seen so much later, and its silence is over on time (`leftNs`): it is
 * found no later than by looks of half this length. Each look costs an engine that sleeps 0.04 % of a core for every channel.
 */
const longestNs = nanosecondsFromMs(200);

/** What a supervisor has seen of its channel. */
export interface LastLook {
  /** When its worker will have been silent for too long, from now on; zero or less where it has been, undefined without a worker. */
  readonly leftNs: bigint | undefined;
  /** By how much the bus is deeper than what counts as too little; below zero where it is not. */
  readonly spareNs: bigint;
  readonly isReady: boolean;
}

/** How long nothing can become of a channel that would have to be seen at once. @param last undefined before the first look */
export function untilNextLook(last: LastLook | undefined): Nanoseconds {
  if (last === undefined) return shortestNs;
  const { isReady, spareNs, leftNs } = last;
  const calmNs = !isReady || spareNs < shortestNs ? shortestNs : spareNs < longestNs ? spareNs : longestNs;
  return (leftNs !== undefined && leftNs > 0n && leftNs < calmNs ? leftNs : calmNs) as Nanoseconds;
}
