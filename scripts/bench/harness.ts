import type { Bench } from "./bench.ts";

/** Median, least and greatest of some figures. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What a bench came to. */
export interface BenchResult {
  readonly bench: string;
  readonly unit: string;
  readonly peerName: string;
  readonly target: string | undefined;
  readonly ours: Spread;
  readonly peer: Spread;
  /** Of the pairs' own ratios, not of the medians: what disturbs a pair disturbs both sides. Above 1 we are better. */
  readonly ratio: Spread;
  readonly pairs: number;
}

/** Enough for a median that one disturbed pair cannot move, in little time. */
const pairsDefault = 7;

/** Median (the lower middle of an even number is averaged with the upper), least and greatest. Needs one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  const lower = sorted.length % 2 === 0 ? sorted[middle - 1] : upper;
  const min = sorted[0];
  const max = sorted.at(-1);
  if (upper === undefined || lower === undefined || min === undefined || max === undefined) {
    throw new RangeError("A spread needs at least one value");
  }
  return { median: (lower + upper) / 2, min, max };
}

/**
 * Measures ours and the peer in turn, swapping who goes first each time, after one pair that only warms up. Both
 * sides so meet the same machine: heat, caches, neighbours.
 */
export async function measure(bench: Bench): Promise<BenchResult> {
  const pairs = bench.pairs ?? pairsDefault;
  const ours: number[] = [];
  const peer: number[] = [];
  const ratios: number[] = [];
  try {
    for (let pair = 0; pair <= pairs; pair++) {
      const peerFirst = pair % 2 === 1;
      const before = peerFirst ? await bench.peer() : undefined;
      const own = await bench.ours();
      const other = before ?? (await bench.peer());
      if (!(own > 0 && other > 0)) throw new RangeError(`${bench.bench} measured ${own} against ${other}`);
      if (pair === 0) continue;
      ours.push(own);
      peer.push(other);
      ratios.push(bench.lowerIsBetter ? other / own : own / other);
    }
  } finally {
    await bench.close?.();
  }
  const { bench: name, unit, peerName, target } = bench;
  const spreads = { ours: spreadOf(ours), peer: spreadOf(peer), ratio: spreadOf(ratios) };
  return { bench: name, unit, peerName, target, pairs, ...spreads };
}
