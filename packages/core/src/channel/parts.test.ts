import { describe, expect, test } from "vitest";
import { ms, ntsc, planOf, segmentOf } from "../../test/plan-examples.js";
import type { PictureBuffer } from "../bus/frame-bus.js";
import type { PictureFrame } from "../media/picture.js";
import type { SegmentPlace } from "../plan/place.js";
import { Timeline } from "../plan/timeline.js";
import type { Tick } from "../time/units.js";
import { spansOf } from "./envelope.js";
import { expectationOf } from "./expectation.js";
import { Ladder } from "./ladder.js";
import { Lateness } from "./lateness.js";
import { defaultChannelSettings } from "./settings.js";
import { SharedPicture } from "./shared-picture.js";

describe("channel/envelope", () => {
  test("channel/sound-without-ramps-is-one-untouched-span", () => {
    expect(spansOf(0, 1_602, [])).toEqual([{ offset: 0, samples: 1_602, from: 1, to: 1 }]);
    expect(spansOf(5, 5, [])).toEqual([]);
  });

  test("channel/ramps-split-the-tick-and-meet-without-a-step", () => {
    const spans = spansOf(0, 1_600, [
      { start: 0, end: 96, from: 0, to: 1 },
      { start: 1_504, end: 1_600, from: 1, to: 0 },
    ]);
    expect(spans).toEqual([
      { offset: 0, samples: 96, from: 0, to: 1 },
      { offset: 96, samples: 1_408, from: 1, to: 1 },
      { offset: 1_504, samples: 96, from: 1, to: 0 },
    ]);
  });

  test("channel/overlapping-ramps-multiply", () => {
    const spans = spansOf(0, 100, [
      { start: 0, end: 100, from: 0, to: 1 },
      { start: 50, end: 100, from: 1, to: 0 },
    ]);
    expect(spans.map(({ from, to }) => [from, to])).toEqual([
      [0, 0.5],
      [0.5, 0],
    ]);
  });
});

describe("channel/lateness", () => {
  const second = ntsc.ticksIn(ms(1_000)) + 1;

  test("channel/a-slow-decoder-is-sought-ahead-once-it-is-a-second-late", () => {
    const lateness = new Lateness(ntsc, ms(1_000));
    expect(lateness.at(1_000 as Tick, 5)).toBeUndefined();
    expect(lateness.at((1_000 + second - 2) as Tick, 9)).toBeUndefined();
    expect(lateness.at((1_000 + second) as Tick, 9)).toBe(15);
  });

  test("channel/one-that-reads-nothing-hangs-and-is-not-sought", () => {
    const lateness = new Lateness(ntsc, ms(1_000));
    for (let n = 0; n < 10 * second; n++) expect(lateness.at((1_000 + n) as Tick, 5)).toBeUndefined();
  });

  test("channel/each-seek-that-did-not-help-doubles-the-patience", () => {
    const lateness = new Lateness(ntsc, ms(1_000));
    const soughtAt: number[] = [];
    for (let n = 0; n < 40 * second; n++)
      if (lateness.at(n as Tick, n) !== undefined) soughtAt.push(Math.round(n / second));
    expect(soughtAt.slice(0, 4)).toEqual([1, 3, 7, 15]);
    lateness.clear();
    expect(lateness.at(100_000 as Tick, 0)).toBeUndefined();
    expect(lateness.at((100_000 + second) as Tick, 1)).toBe(15);
  });
});

describe("channel/ladder", () => {
  const timeline = new Timeline(planOf([segmentOf(1), segmentOf(2)]), ntsc);
  const first = ntsc.tickAtOrAfter(timeline.plan.start);
  const one = timeline.at(first) as SegmentPlace;
  const two = timeline.at(one.end) as SegmentPlace;

  function picture(): { shared: SharedPicture; released: () => number } {
    let released = 0;
    const buffer = { release: () => (released += 1) } as unknown as PictureBuffer;
    const how = { aspect: "preserve", alpha: 1, field: "both" } as const;
    return { shared: new SharedPicture(buffer, {} as PictureFrame, how, 0, 0), released: () => released };
  }

  test("channel/a-fault-is-held-two-seconds-then-slate-for-good", () => {
    const ladder = new Ladder(defaultChannelSettings, ntsc);
    const { shared, released } = picture();
    ladder.aired(first, one, shared);
    const kinds = Array.from({ length: 100 }, () => ladder.standIn(expectationOf(one, 1), "late").kind);
    expect(kinds.filter((kind) => kind === "hold")).toHaveLength(ntsc.ticksIn(ms(2_000)));
    expect(kinds.lastIndexOf("hold")).toBe(kinds.indexOf("slate") - 1);
    shared.release();
    expect(released()).toBe(1);
  });

  test("channel/a-hold-never-crosses-a-boundary", () => {
    const ladder = new Ladder(defaultChannelSettings, ntsc);
    ladder.aired(first, one, picture().shared);
    expect(ladder.standIn(expectationOf(two, 1), "late")).toEqual({
      kind: "slate",
      reason: "late",
      held: undefined,
    });
  });

  test("channel/ticks-that-the-committer-held-count-as-held", () => {
    const ladder = new Ladder(defaultChannelSettings, ntsc);
    ladder.aired(first, one, picture().shared);
    ladder.skipped(ntsc.ticksIn(ms(2_000)));
    expect(ladder.standIn(expectationOf(one, 1), "late").kind).toBe("slate");
  });

  test("channel/the-buffer-goes-back-when-its-last-holder-lets-go", () => {
    const ladder = new Ladder(defaultChannelSettings, ntsc);
    const { shared, released } = picture();
    ladder.aired(first, one, shared);
    shared.release();
    expect(released()).toBe(0);
    ladder.aired(first, one, picture().shared);
    expect(released()).toBe(1);
  });
});
