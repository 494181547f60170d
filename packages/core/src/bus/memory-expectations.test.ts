import { expect, test } from "vitest";
import { tick } from "../time/units.js";
import type { Expectation } from "./committer.js";
import { MemoryExpectations } from "./memory-expectations.js";

const from = (firstTick: number, segmentId: string): Expectation => ({
  firstTick: tick(firstTick),
  segmentId,
  planRevision: 1,
  assetUri: "",
  assetTitle: "",
  pad: false,
});

const idsAt = (expectations: MemoryExpectations, ticks: readonly number[]) =>
  ticks.map((n) => expectations.at(tick(n))?.segmentId ?? "-").join("");

test("bus/memory-expects-what-the-newest-entry-says", () => {
  const expectations = new MemoryExpectations();
  expectations.replace([from(10, "a"), from(20, "b"), from(30, "c")]);
  expect(idsAt(expectations, [9, 10, 19, 20])).toBe("-aab");
  expectations.replace([from(25, "d")]);
  expect(idsAt(expectations, [21, 25, 40])).toBe("bdd");
});

test("bus/memory-expects-an-airing-that-began-before-it-was-told", () => {
  const expectations = new MemoryExpectations();
  expectations.replace([from(10, "a")]);
  expect(idsAt(expectations, [50])).toBe("a");
  // A new revision of the plan names the airing by its own first tick, which is long past.
  expectations.replace([from(10, "b"), from(60, "c")]);
  expect(idsAt(expectations, [51, 60])).toBe("bc");
});

test("bus/memory-expects-nothing-new-of-an-empty-list", () => {
  const expectations = new MemoryExpectations();
  expectations.replace([from(10, "a")]);
  expectations.replace([]);
  expect(idsAt(expectations, [10])).toBe("a");
});

test("bus/memory-expects-64-boundaries-ahead-at-most", () => {
  const expectations = new MemoryExpectations();
  expectations.replace(Array.from({ length: 100 }, (_, n) => from(n, n < 65 ? "a" : "z")));
  expect(idsAt(expectations, [0, 64, 65, 99])).toBe("aaaa");
});
