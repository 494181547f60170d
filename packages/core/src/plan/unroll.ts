import { PlayoutError } from "../errors/playout-error.js";
import type { HouseGrid } from "../time/house-grid.js";
import type { Nanoseconds, Tick } from "../time/units.js";
import { durationOf, runHeads } from "./layout.js";
import type { Plan, Segment } from "./plan.js";
import { Timeline } from "./timeline.js";
import { planBounds } from "./validate.js";

/**
 * The airings of a looping plan from the one at `from` up to `until`, as a plan without a loop, so that it can be
 * cut. It begins with the run of media that airs at `from`, so that this keeps its anchor. The first airing of a
 * segment keeps its id, since it may be on air; one that comes again gets an id derived from its own and its round,
 * because ids are unique in a plan; it is none of `reserved`, the ids of what will follow the cut.
 *
 * `LimitExceeded` where it would take more segments than a plan may have: the cut is then too far ahead to be entered
 * yet.
 */
export function unrollLoop(
  plan: Plan,
  from: Tick,
  until: Tick,
  grid: HouseGrid,
  reserved: readonly string[],
): Plan {
  const onAir = new Timeline(plan, grid).at(from);
  const isOnAir = onAir.in === "segment";
  let round = isOnAir ? onAir.round : 0;
  let index = isOnAir ? (runHeads(plan)[onAir.index] ?? onAir.index) : 0;
  const start = plan.start + BigInt(round) * durationOf(plan.segments) + durationOf(plan.segments, index);
  const segments: Segment[] = [];
  const taken = new Set([...reserved, ...plan.segments.map(({ id }) => id)]);
  let cursor = start;
  while (grid.tickAtOrAfter(cursor as Nanoseconds) < until) {
    if (segments.length >= planBounds.segmentsMax) {
      throw new PlayoutError(
        "LimitExceeded",
        `The loop would air more than ${planBounds.segmentsMax} segments before tick ${until}.`,
        { remedy: "Splice nearer to the time." },
      );
    }
    const segment = plan.segments[index] as Segment;
    const isFirstAiring = segments.length < plan.segments.length;
    const id = isFirstAiring ? segment.id : freshId(segment.id, round, taken);
    taken.add(id);
    segments.push(isFirstAiring ? segment : { ...segment, id });
    cursor += segment.duration;
    index += 1;
    if (index === plan.segments.length) {
      index = 0;
      round += 1;
    }
  }
  return { revision: plan.revision, start: start as Nanoseconds, segments, end: "pad" };
}

/** `id` itself where it is free, else one that differs in its last eight digits, first by `salt`. */
export function freshId(id: string, salt: number, taken: ReadonlySet<string>): string {
  let fresh = id;
  for (let add = BigInt(salt); taken.has(fresh); add++) {
    const tail = (BigInt(`0x${id.slice(24)}`) + add) & 0xffff_ffffn;
    fresh = id.slice(0, 24) + tail.toString(16).padStart(8, "0");
  }
  return fresh;
}
