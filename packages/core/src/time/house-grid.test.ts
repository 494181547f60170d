import { expect, test } from "vitest";
import { HouseGrid } from "./house-grid.js";
import { rational } from "./rational.js";
import { tick } from "./units.js";

test("time/five-ticks-carry-8008-samples", () => {
  const grid = new HouseGrid(rational(30_000, 1_001), 48_000);
  expect(grid.sampleAt(tick(1_000_005)) - grid.sampleAt(tick(1_000_000))).toBe(8008);
});
