import { expect, test } from "vitest";
import type { Tick } from "../time/units.js";
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
