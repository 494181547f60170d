import { expect, test } from "vitest";
import { type Tick, tick } from "../time/units.js";
import type { Expectation } from "./committer.js";
import { noSegmentId } from "./frame-meta.js";
import { MemoryExpectations } from "./memory-expectations.js";
import { MemoryStandIns } from "./memory-stand-ins.js";

const expectation = (firstTick: number): Expectation => ({
  firstTick: firstTick as Tick,
  segmentId: String(firstTick).padStart(32, "0"),
  planRevision: 1,
  assetUri: "test://a",
  assetTitle: "",
  pad: false,
});

/** What is told at a tick: its own boundary and those ahead, ten ticks apart. */
const toldFrom = (tick: number, count: number): Expectation[] =>
  Array.from({ length: count }, (_, index) => expectation(tick + index * 10));

test("bus/expectations-in-force-are-kept-when-later-ones-come", () => {
  const expectations = new MemoryExpectations();
  expectations.replace(toldFrom(100, 3));
  expectations.replace(toldFrom(115, 2));
  expect(expectations.at(114 as Tick)?.firstTick).toBe(110);
  expect(expectations.at(115 as Tick)?.firstTick).toBe(115);
  expect(expectations.at(99 as Tick)).toBeUndefined();
});

test("bus/a-stand-in-after-hours-without-one-is-told-truly", () => {
  const standIns = new MemoryStandIns();
  const planned = {
    ...standIns.metaFor(0 as Tick, 0),
    segmentId: noSegmentId,
    standIn: undefined,
    standInReason: "none" as const,
  };
  for (let tick = 0; tick < 10_000; tick++) {
    if (tick % 10 === 0) standIns.expectations.replace(toldFrom(tick, 64));
    standIns.noteAired(tick as Tick, false, planned);
  }
  expect(standIns.metaFor(10_000 as Tick, 0).segmentId).toBe(expectation(10_000).segmentId);
});

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
