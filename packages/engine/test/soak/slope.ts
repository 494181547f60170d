/** A value at a time. */
export interface Sample {
  /** Hours since the first sample. */
  readonly hours: number;
  readonly value: number;
}

/** How a series grows. */
export interface Slope {
  /** By how much an hour: Theil and Sen's median of the slopes between all pairs of blocks. */
  readonly perHour: number;
  /** Between these it lies with a probability of 95 %, if blocks are independent of each other (Sen 1968, after Kendall's S). */
  readonly low: number;
  readonly high: number;
  readonly blocks: number;
}

/** So many blocks stand for a series: neighbouring samples tell the same, and what a collector frees comes in teeth. */
const blocksMax = 30;

/** Fewer say nothing. */
const blocksMin = 8;

/** Normal deviate of a two-sided interval of 95 %. */
const deviate = 1.96;

/** What stands for a block of samples. */
export type BlockValue = keyof typeof blockValues;

const blockValues = {
  median,
  /** Where garbage comes and goes on what stays. */
  least: (values: readonly number[]) => Math.min(...values),
  /** Where many that do not depend on each other come and go. */
  mean: (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length,
} as const;

/** The slope of a series; undefined where it is too short to tell. */
export function slopeOf(samples: readonly Sample[], blockValue: BlockValue = "median"): Slope | undefined {
  const blocks = blocksOf(samples, blockValues[blockValue]);
  const n = blocks.length;
  if (n < blocksMin) return undefined;
  const slopes: number[] = [];
  for (const [index, a] of blocks.entries()) {
    for (const b of blocks.slice(index + 1)) slopes.push((b.value - a.value) / (b.hours - a.hours));
  }
  slopes.sort((a, b) => a - b);
  // Kendall's variance of S without ties, which only widens the interval where there are any.
  const spread = deviate * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const at = (rank: number) => slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(rank)))] ?? 0;
  return {
    perHour: median(slopes),
    low: at((slopes.length - spread) / 2),
    high: at((slopes.length + spread) / 2),
    blocks: n,
  };
}

function blocksOf(samples: readonly Sample[], worth: (values: readonly number[]) => number): Sample[] {
  const count = Math.min(blocksMax, Math.floor(samples.length / 2));
  return Array.from({ length: count }, (_, block) => {
    const from = Math.floor((block * samples.length) / count);
    const one = samples.slice(from, Math.floor(((block + 1) * samples.length) / count));
    return { hours: median(one.map(({ hours }) => hours)), value: worth(one.map(({ value }) => value)) };
  });
}

/** The middle one of values; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** The least of the values that so large a share (0 to 1) lies at or below. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** What is said of a series. */
export type Verdict = "flat" | "grows" | "unclear" | "too short";

/**
 * It is flat only where the whole interval lies below what is let pass, and grows where all of it lies above; what lies across is for a longer run
 * to say, and not called flat.
 */
export function verdictOf(slope: Slope | undefined, perHourMax: number): Verdict {
  if (slope === undefined) return "too short";
  if (slope.low > perHourMax) return "grows";
  return slope.high <= perHourMax ? "flat" : "unclear";
}
