import type { StandInKind, StandInReason, Tick } from "@retrovue/core";

/** Ticks that showed something else than planned. */
export interface StandInTicks {
  readonly kind: StandInKind;
  readonly reason: StandInReason;
  readonly ticks: number;
}

/** A run of ticks that show something else than planned; `end` is undefined while it goes on. */
interface Episode {
  readonly from: Tick;
  readonly kind: StandInKind;
  readonly reason: StandInReason;
  end: Tick | undefined;
}

/**
 * The stand-ins of what is on air on one channel. Of episodes that house time has passed only their ticks are kept, by kind and reason: an
 * airing may never end, and its decoder fail each second. So it holds those counts and the episodes of the ticks that are not
 * looked at yet, some hundred at most. Pure; the owner tells episodes in the order of their ticks, ahead of house time or late.
 */
export class StandInEpisodes {
  readonly #episodes: Episode[] = [];
  readonly #ticks = new Map<string, StandInTicks>();

  /** How many episodes and counts are kept. */
  get kept(): number {
    return this.#episodes.length + this.#ticks.size;
  }

  /** One that stood in before ends there: an episode that goes on otherwise is told as two. */
  began(from: Tick, kind: StandInKind, reason: StandInReason): void {
    this.ended(from);
    this.#episodes.push({ from, kind, reason, end: undefined });
  }

  ended(at: Tick): void {
    const last = this.#episodes.at(-1);
    if (last !== undefined && last.end === undefined) last.end = at;
  }

  /** What stands in at a tick not before the last one folded to. */
  at(tick: Tick): Omit<StandInTicks, "ticks"> | undefined {
    return this.#episodes.find(({ from, end }) => from <= tick && (end === undefined || tick < end));
  }

  /**
   * House time has come to tick `now`: what ended by then is counted for what airs there.
   *
   * @param from the first tick of what is on air, which is so for `now` as well; undefined where nothing is
   */
  fold(from: Tick | undefined, now: Tick): void {
    for (let first = this.#episodes[0]; first?.end !== undefined && first.end <= now; ) {
      if (from !== undefined) add(this.#ticks, first, from, first.end);
      this.#episodes.shift();
      first = this.#episodes[0];
    }
  }

  /** What stood in for an airing from its first tick to its end, in the order in which it first did; counts begin anew. */
  take(from: Tick, end: Tick): readonly StandInTicks[] {
    for (const episode of this.#episodes) add(this.#ticks, episode, from, end);
    const taken = [...this.#ticks.values()];
    this.#ticks.clear();
    return taken;
  }
}

/** Adds an episode's ticks that lie within a range. */
function add(to: Map<string, StandInTicks>, episode: Episode, from: Tick, end: Tick): void {
  const { kind, reason } = episode;
  const ticks = Math.min(end, episode.end ?? end) - Math.max(from, episode.from);
  if (ticks <= 0) return;
  const key = `${kind} ${reason}`;
  to.set(key, { kind, reason, ticks: (to.get(key)?.ticks ?? 0) + ticks });
}
