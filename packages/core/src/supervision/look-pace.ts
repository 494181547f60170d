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

/**
 * House time up to which nothing can become of a channel that would have to be seen at once. Channels that are well are looked at together,
 * at whole fifths of a second: one wake of the engine serves them all.
 *
 * @param last undefined before the first look
 */
export function nextLookAt(now: Nanoseconds, last: LastLook | undefined): Nanoseconds {
  if (last === undefined) return (now + shortestNs) as Nanoseconds;
  const { isReady, spareNs, leftNs } = last;
  const calmNs = !isReady || spareNs < shortestNs ? shortestNs : spareNs < longestNs ? spareNs : longestNs;
  const calmUntil = calmNs === longestNs ? now - (now % longestNs) + longestNs : now + calmNs;
  const isSooner = leftNs !== undefined && leftNs > 0n && now + leftNs < calmUntil;
  return (isSooner ? now + leftNs : calmUntil) as Nanoseconds;
}
