import { type Nanoseconds, type Place, type Plan, type Tick, Timeline, tickAfter } from "@retrovue/core";
import { ChangedTimeline } from "./changed-timeline.js";
import { changedMeta, changedSubmit } from "./changed-writer.js";
import { type Mutant, mutant } from "./mutation.js";

/** The plan as if it had begun a tick later. */
function late(timeline: Timeline): Timeline {
  const { plan, grid } = timeline;
  const moved: Plan = { ...plan, start: (plan.start + grid.length(1) + 1n) as Nanoseconds };
  return new Timeline(moved, grid);
}

/** Takes every boundary but the plan's own start for one tick earlier. */
class EarlyTimeline extends Timeline {
  readonly #moved = new WeakMap<Place, Place>();

  constructor(inner: Timeline) {
    super(inner.plan, inner.grid);
  }

  override at(tick: Tick): Place {
    const next = super.at(tickAfter(tick, 1));
    return this.#movedOf(next.first > tick && isStart(next) ? super.at(tick) : next);
  }

  override after(place: Place): Place | undefined {
    return this.placesFrom(place.end, 1)[0];
  }

  override placesFrom(tick: Tick, count: number): Place[] {
    return super.placesFrom(tickAfter(tick, 1), count).map((place) => this.#movedOf(place));
  }

  #movedOf(place: Place): Place {
    let moved = this.#moved.get(place);
    if (moved === undefined) {
      const first = (isStart(place) ? place.first : Math.max(0, place.first - 1)) as Tick;
      const end = (place.end === Number.MAX_SAFE_INTEGER ? place.end : place.end - 1) as Tick;
      moved = { ...place, first, end };
      this.#moved.set(place, moved);
    }
    return moved;
  }
}

const isStart = (place: Place): boolean => place.in === "segment" && place.index === 0 && place.round === 0;

/** Channels that read the plan wrongly. */
export const planMutants: readonly Mutant[] = [
  mutant("boundary-late", "Segments begin a tick too late.", "plan/boundary-exact", () => ({
    timeline: late,
  })),
  mutant("boundary-early", "Segments begin a tick too early.", "plan/boundary-exact", () => ({
    timeline: (timeline) => new EarlyTimeline(timeline),
  })),
  mutant("edit-ignored", "The plan that the channel began with airs for ever.", "plan/in-force", () => {
    let first: Timeline | undefined;
    return {
      timeline: (timeline) => {
        first ??= timeline;
        return first;
      },
    };
  }),
  mutant(
    "first-tick-not-flagged",
    "No tick is marked as a segment's first.",
    "plan/first-tick-flagged",
    () => ({
      writer: (writer) => changedMeta(writer, (meta) => ({ ...meta, firstOfSegment: false })),
    }),
  ),
  mutant("slate-for-pads", "Slate airs where nothing is planned.", "pad/black-as-planned", () => ({
    writer: (writer) =>
      changedSubmit(writer, (submission) =>
        submission.meta.pad
          ? { ...submission, picture: "slate", meta: { ...submission.meta, standIn: "slate" } }
          : submission,
      ),
  })),
  mutant("fade-off-by-a-tick", "Fades last a tick too long.", "sound/faded-as-planned", () => ({
    timeline: (timeline) =>
      new ChangedTimeline(timeline, (place) => {
        if (place.in !== "segment" || place.segment.fadeInNs === 0n) return place;
        const fadeInNs = (place.segment.fadeInNs + timeline.grid.length(1)) as Nanoseconds;
        return { ...place, segment: { ...place.segment, fadeInNs } };
      }),
  })),
  mutant(
    "dropped-late-take",
    "What is spliced in at the next tick is taken for too late and left out.",
    "pad/only-where-planned",
    () => {
      let known: ReadonlySet<string> | undefined;
      return {
        timeline: (timeline) => {
          const before = known;
          known = new Set(timeline.plan.segments.map(({ id }) => id));
          if (before === undefined) return timeline;
          let isFirst = true;
          return new ChangedTimeline(timeline, (place) => {
            const isLate = isFirst && place.in === "segment" && !before.has(place.segment.id);
            isFirst = false;
            if (!isLate) return place;
            return { ...place, segment: { ...place.segment, kind: "pad", asset: undefined } };
          });
        },
      };
    },
  ),
];
