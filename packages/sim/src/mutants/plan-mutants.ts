import { type Nanoseconds, type Plan, Timeline } from "@retrovue/core";
import { ChangedTimeline } from "./changed-timeline.js";
import { type Mutant, mutant } from "./mutation.js";

/** The plan as if it had begun some ticks later. */
function shifted(timeline: Timeline, ticks: 1 | -1): Timeline {
  const { plan, grid } = timeline;
  const by = (grid.length(1) + 1n) * BigInt(ticks);
  const moved: Plan = { ...plan, start: (plan.start + by) as Nanoseconds };
  return new Timeline(moved, grid);
}

/** Channels that read the plan wrongly. */
export const planMutants: readonly Mutant[] = [
  mutant("boundary-late", "Segments begin a tick too late.", "plan/boundary-exact", () => ({
    timeline: (timeline) => shifted(timeline, 1),
  })),
  mutant("boundary-early", "Segments begin a tick too early.", "plan/boundary-exact", () => ({
    timeline: (timeline) => shifted(timeline, -1),
  })),
  mutant("fade-off-by-a-tick", "Fades last a tick too long.", "picture/faded-as-planned", () => ({
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
