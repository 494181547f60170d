import {
  HouseGrid,
  nanoseconds,
  type Plan,
  rational,
  replacePlan,
  type Segment,
  Timeline,
  tick,
} from "@retrovue/core";
import type { Bench } from "../../../scripts/bench/bench.ts";

const segmentCount = 10_000;
const grid = new HouseGrid(rational(30_000, 1_001), 48_000);
const start = nanoseconds(1_772_323_200_000_000_000n);

/** Some weeks of programmes and breaks, no duration a whole number of ticks, a tenth after a gap of their own. */
function planOf(revision: number, gainDb: number): Plan {
  const segments: Segment[] = [];
  let cursor: bigint = start;
  for (let i = 0; i < segmentCount; i++) {
    const duration = nanoseconds(15_000_000_000n + BigInt((i * 7_919) % 120_000) * 1_000_003n);
    const own = i % 10 === 9 ? nanoseconds(cursor + 700_000_000n) : undefined;
    segments.push({
      id: `b${i.toString(16).padStart(31, "0")}`,
      kind: i % 4 === 0 ? "content" : "filler",
      asset: { uri: `/media/programmes/${i % 500}.mp4`, title: `Programme ${i % 500}` },
      inPoint: 0n as Segment["inPoint"],
      duration,
      start: own,
      gainDb,
      fadeInNs: nanoseconds(500_000_000n),
      fadeOutNs: nanoseconds(0n),
      aspect: undefined,
      labels: { event: `${i}` },
    });
    cursor = (own ?? cursor) + duration;
  }
  return { revision, start, segments, end: "pad" };
}

const current = planOf(1, 0);
const timeline = new Timeline(current, grid);
const first = grid.tickAtOrAfter(start);
const places = timeline.placesFrom(first, 2 * segmentCount);
const last = places.at(-1)?.first ?? first;

// The peer knows only the boundaries: no places, no kinds, nothing to hand out but an index.
const boundaries = Float64Array.from(places, (place) => place.first);
const lookups = 200_000;
// A fixed walk of random ticks (a Lehmer generator), the same for both sides.
const ticks = new Float64Array(lookups);
for (let i = 0, seed = 42; i < lookups; i++) {
  seed = (seed * 48_271) % 2_147_483_647;
  ticks[i] = first + (seed % (last - first));
}

function binarySearch(values: Float64Array, wanted: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Nanoseconds that one of `lookups` calls takes. The sum is checked so that no call can be left out as unused. */
function timed(look: (n: number) => number): number {
  const begun = process.hrtime.bigint();
  let sum = 0;
  for (const n of ticks) sum += look(n);
  const tookNs = Number(process.hrtime.bigint() - begun);
  if (!(sum > 0)) throw new Error("nothing was found");
  return tookNs / lookups;
}

function msOf(work: () => void): number {
  const begun = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - begun) / 1e6;
}

// Everything differs from the plan in force, so that nothing of it can be shared.
const next = planOf(2, -3);

export const part = "core";
export const benches: Bench[] = [
  {
    bench: "timeline-at",
    unit: "ns",
    peerName: "bare binary search of the same boundaries",
    lowerIsBetter: true,
    target: "1 µs",
    ours: () => timed((n) => timeline.at(tick(n)).end),
    peer: () => timed((n) => binarySearch(boundaries, n)),
  },
  {
    // From a scheduler's new revision to the first answer: validated, frozen, laid on the grid, asked.
    bench: "apply-revision",
    unit: "ms",
    peerName: "structuredClone of the plan",
    lowerIsBetter: true,
    target: "50 ms",
    ours: () => msOf(() => new Timeline(replacePlan(current, next, first, grid), grid).at(tick(last - 1))),
    peer: () => msOf(() => structuredClone(next)),
  },
];
