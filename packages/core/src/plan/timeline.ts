import { invariant } from "../errors/invariant.js";
import type { HouseGrid } from "../time/house-grid.js";
import type { Nanoseconds, Tick } from "../time/units.js";
import { durationOf, runHeads, segmentStarts } from "./layout.js";
import type { Place, SegmentPlace, VoidPlace } from "./place.js";
import type { Plan } from "./plan.js";

/** Where a void ends that never does. */
const never = Number.MAX_SAFE_INTEGER as Tick;

/**
 * A plan laid on the house grid: which place airs at a tick. Pure: the answer depends on plan, grid and tick alone.
 *
 * Tick n lies in the segment with `start ≤ tickTime(n) < end`, which is the same as saying that a boundary at time b
 * is the tick `tickAtOrAfter(b)`. Segments that share a boundary share its tick, so rounding makes neither gap nor
 * overlap, and every tick lies in exactly one place. A segment shorter than a tick may own no tick; it is then
 * nobody's place, and the voids around it are one.
 */
export class Timeline {
  readonly plan: Plan;
  readonly grid: HouseGrid;
  readonly #places: PlaceFinder;
  // The last answers are kept so that a channel walking along gets the same object for the whole of an airing, and
  // the very object it prepared ahead.
  #current: Place | undefined;
  #following: Place | undefined;

  /** @param plan a valid plan (see `createPlan`); an empty one is void for ever */
  constructor(plan: Plan, grid: HouseGrid) {
    this.plan = plan;
    this.grid = grid;
    this.#places = plan.end === "loop" ? new LoopPlaces(plan, grid) : new LinearPlaces(plan, grid);
  }

  /** The place that airs at `tick`. The same object for every tick of one airing while ticks are asked in order. */
  at(tick: Tick): Place {
    const current = this.#current;
    if (current !== undefined && holds(current, tick)) return current;
    const following = this.#following;
    const place = following !== undefined && holds(following, tick) ? following : this.#places.find(tick);
    this.#current = place;
    return place;
  }

  /** The place that begins where `place` ends: what to prepare next. Undefined after a void that never ends. */
  after(place: Place): Place | undefined {
    if (place.end === never) return undefined;
    const known = this.#following;
    if (known !== undefined && known.first === place.end) return known;
    const following = this.#places.find(place.end);
    this.#following = following;
    return following;
  }

  /** Up to `count` places: the one at `tick` and those that follow it; fewer where the plan runs out. */
  placesFrom(tick: Tick, count: number): Place[] {
    const places: Place[] = [];
    let from: Tick = tick;
    while (places.length < count && from !== never) {
      const kept = this.#current;
      const place = kept !== undefined && holds(kept, from) ? kept : this.#places.find(from);
      places.push(place);
      from = place.end;
    }
    return places;
  }

  /** House time at which a place of this timeline begins, before it is rounded up to its first tick. */
  startTime(place: SegmentPlace): Nanoseconds {
    return this.#places.startTime(place);
  }
}

const holds = (place: Place, tick: Tick): boolean => tick >= place.first && tick < place.end;

/** Finds places without remembering any. */
interface PlaceFinder {
  find(tick: Tick): Place;
  startTime(place: SegmentPlace): Nanoseconds;
}

/**
 * A plan that airs once: the boundary ticks of all segments that own a tick are computed ahead and searched. Segments
 * that own none are left out, so that the void around them is one.
 */
class LinearPlaces implements PlaceFinder {
  readonly #plan: Plan;
  // Ticks are below 2^53 and so exact in doubles. Firsts rise strictly, and `ends[i] ≤ firsts[i + 1]`.
  readonly #firsts: Float64Array;
  readonly #ends: Float64Array;
  readonly #anchors: Float64Array;
  /** Index in the plan's list of each segment that owns a tick, and of the one that its run begins with. */
  readonly #indexes: Int32Array;
  readonly #heads: Int32Array;

  constructor(plan: Plan, grid: HouseGrid) {
    this.#plan = plan;
    const { segments } = plan;
    const heads = runHeads(plan);
    const allFirsts = new Float64Array(segments.length);
    const firsts = new Float64Array(segments.length);
    const ends = new Float64Array(segments.length);
    const anchors = new Float64Array(segments.length);
    const indexes = new Int32Array(segments.length);
    let count = 0;
    let cursor: Nanoseconds = plan.start;
    let cursorTick = grid.tickAtOrAfter(cursor);
    for (const [i, segment] of segments.entries()) {
      if (segment.start !== undefined && segment.start !== cursor) {
        cursor = segment.start;
        cursorTick = grid.tickAtOrAfter(cursor);
      }
      const first = cursorTick;
      allFirsts[i] = first;
      cursor = (cursor + segment.duration) as Nanoseconds;
      cursorTick = grid.tickAtOrAfter(cursor);
      if (cursorTick === first) continue;
      firsts[count] = first;
      ends[count] = cursorTick;
      anchors[count] = allFirsts[heads[i] ?? i] ?? first;
      indexes[count] = i;
      count += 1;
    }
    this.#firsts = firsts.subarray(0, count);
    this.#ends = ends;
    this.#anchors = anchors;
    this.#indexes = indexes;
    this.#heads = heads;
  }

  find(tick: Tick): Place {
    const { segments } = this.#plan;
    const found = lastAtOrBelow(this.#firsts, tick);
    if (found < 0) {
      const begins = this.#firsts[0];
      return begins === undefined ? voidPlace("after", 0, never) : voidPlace("before", 0, begins);
    }
    const end = this.#ends[found] as Tick;
    if (tick >= end) {
      const next = this.#firsts[found + 1];
      return next === undefined ? voidPlace("after", end, never) : voidPlace("gap", end, next);
    }
    const index = this.#indexes[found] as number;
    const [segment, head] = [segments[index], segments[this.#heads[index] as number]];
    invariant(segment !== undefined && head !== undefined, "the index is one of this plan");
    const first = this.#firsts[found] as Tick;
    const anchor = { first: this.#anchors[found] as Tick, inPoint: head.inPoint };
    return { in: "segment", segment, index, round: 0, first, end, anchor };
  }

  startTime(place: SegmentPlace): Nanoseconds {
    const start = segmentStarts(this.#plan)[place.index];
    invariant(start !== undefined, "the place is one of this plan");
    return start;
  }
}

/**
 * A plan that begins again at its end. The tick's time is taken modulo the loop's length, since boundary ticks of
 * one round are not those of another moved by a constant: a loop is seldom a whole number of ticks long.
 */
class LoopPlaces implements PlaceFinder {
  readonly #plan: Plan;
  readonly #grid: HouseGrid;
  /** Time of each segment from the start of the round; strictly rising, below 2^53 (`planBounds.loopNsMax`). */
  readonly #offsets: Float64Array;
  readonly #heads: Int32Array;
  readonly #lengthNs: bigint;

  constructor(plan: Plan, grid: HouseGrid) {
    this.#plan = plan;
    this.#grid = grid;
    this.#lengthNs = durationOf(plan.segments);
    const isExact = this.#lengthNs > 0n && this.#lengthNs <= BigInt(Number.MAX_SAFE_INTEGER);
    invariant(isExact, "a valid loop is longer than nothing and shorter than 2^53 ns");
    const offsets = new Float64Array(plan.segments.length);
    let offset = 0;
    for (const [i, segment] of plan.segments.entries()) {
      offsets[i] = offset;
      offset += Number(segment.duration);
    }
    this.#offsets = offsets;
    this.#heads = runHeads(plan);
  }

  find(tick: Tick): Place {
    const { start, segments } = this.#plan;
    const sinceStart = this.#grid.tickTime(tick) - start;
    if (sinceStart < 0n) return voidPlace("before", 0, this.#grid.tickAtOrAfter(start));
    const round = sinceStart / this.#lengthNs;
    const roundStart = start + round * this.#lengthNs;
    const index = lastAtOrBelow(this.#offsets, Number(sinceStart % this.#lengthNs));
    const segment = segments[index];
    invariant(segment !== undefined, "the first offset is 0");
    const startsAt = this.#startOf(roundStart, index);
    const first = this.#grid.tickAtOrAfter(startsAt);
    const end = this.#grid.tickAtOrAfter((startsAt + segment.duration) as Nanoseconds);
    const head = this.#heads[index] ?? index;
    const anchor =
      head === index
        ? { first, inPoint: segment.inPoint }
        : {
            first: this.#grid.tickAtOrAfter(this.#startOf(roundStart, head)),
            inPoint: (segments[head] ?? segment).inPoint,
          };
    return { in: "segment", segment, index, round: Number(round), first, end, anchor };
  }

  startTime(place: SegmentPlace): Nanoseconds {
    return this.#startOf(this.#plan.start + BigInt(place.round) * this.#lengthNs, place.index);
  }

  #startOf(roundStart: bigint, index: number): Nanoseconds {
    return (roundStart + BigInt(this.#offsets[index] ?? 0)) as Nanoseconds;
  }
}

const voidPlace = (where: VoidPlace["in"], first: number, end: number): VoidPlace => ({
  in: where,
  first: first as Tick,
  end: end as Tick,
});

/** Greatest index whose value is ≤ `wanted` in a list that never falls; −1 where all are greater. */
function lastAtOrBelow(values: Float64Array, wanted: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
