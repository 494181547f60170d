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
    [25, 2],
    [30, 2],
    [50, 4],
    [60, 4],
  ])("channel/turn-is-a-seventh-of-the-lead-at %i fps: %i ticks", (fps, ticks) => {
    expect(new Turns(new HouseGrid(rational(fps, 1), 48_000), defaultChannelSettings).ticks).toBe(ticks);
  });

  test("channel/turn-has-a-tick-where-there-is-no-room-for-more", () => {
    const ticks = (settings: object) => new Turns(ntsc, { ...defaultChannelSettings, ...settings }).ticks;
    expect(ticks({ leadNsTarget: ntsc.length(3), leadNsMin: ntsc.length(1) })).toBe(1);
    expect(ticks({ leadNsMin: defaultChannelSettings.leadNsTarget })).toBe(1);
    expect(ticks({ leadNsMin: defaultChannelSettings.leadNsTarget - ntsc.length(4) })).toBe(2);
    expect(ticks({ turnNs: 0n })).toBe(1);
  });

  test("channel/turn-comes-when-its-last-tick-reaches-the-lead", () => {
    const turns = new Turns(ntsc, defaultChannelSettings);
    const first = 300 as Tick;
    for (const n of [300, 301] as Tick[]) {
      expect(turns.lastOf(n)).toBe(first + 1);
      expect(turns.dueAt(n)).toBe(ntsc.tickTime(301 as Tick) - defaultChannelSettings.leadNsTarget);
    }
    expect(turns.lastOf(302 as Tick)).toBe(303);
  });
});
