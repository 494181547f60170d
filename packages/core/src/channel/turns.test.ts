import { describe, expect, test } from "vitest";
import { HouseGrid } from "../time/house-grid.js";
import { rational } from "../time/rational.js";
import type { Tick } from "../time/units.js";
import { defaultChannelSettings } from "./settings.js";
import { Turns } from "./turns.js";

const ntsc = new HouseGrid(rational(30_000, 1_001), 48_000);

describe("channel/turns", () => {
  test.each([
    [24, 2],
    [25, 3],
    [30, 3],
    [50, 5],
    [60, 6],
  ])("channel/turn-is-a-fifth-of-the-lead-at %i fps: %i ticks", (fps, ticks) => {
    expect(new Turns(new HouseGrid(rational(fps, 1), 48_000), defaultChannelSettings).ticks).toBe(ticks);
  });

  test("channel/turn-has-a-tick-where-the-lead-is-short", () => {
    expect(new Turns(ntsc, { leadNsTarget: ntsc.length(3) }).ticks).toBe(1);
  });

  test("channel/turn-comes-when-its-last-tick-reaches-the-lead", () => {
    const turns = new Turns(ntsc, defaultChannelSettings);
    const first = 300 as Tick;
    for (const n of [300, 301, 302] as Tick[]) {
      expect(turns.lastOf(n)).toBe(first + 2);
      expect(turns.dueAt(n)).toBe(ntsc.tickTime(302 as Tick) - defaultChannelSettings.leadNsTarget);
    }
    expect(turns.lastOf(303 as Tick)).toBe(305);
  });
});
