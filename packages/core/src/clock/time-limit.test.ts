import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { PlayoutError } from "../errors/playout-error.js";
import { nanosecondsFromMs } from "../time/units.js";
import { ManualClock } from "./manual-clock.js";
import { TimeLimit } from "./time-limit.js";

const clockAtOne = () => new ManualClock(nanosecondsFromMs(1_000));
const second = nanosecondsFromMs(1_000);

test("clock/a-time-limit-aborts-with-timeout", async () => {
  const clock = clockAtOne();
  using limit = new TimeLimit(clock, second, new AbortController().signal, "Opening a");
  await clock.advanceBy(second);
  expect(limit.signal.aborted).toBe(true);
  expect(limit.signal.reason).toMatchObject({ code: "Timeout" });
});

test("clock/a-time-limit-aborts-as-its-outer-signal-does", () => {
  const outer = new AbortController();
  using limit = new TimeLimit(clockAtOne(), second, outer.signal, "Opening a");
  const reason = new PlayoutError("Closed", "Gone.");
  outer.abort(reason);
  expect(limit.signal.reason).toBe(reason);
  using late = new TimeLimit(clockAtOne(), second, outer.signal, "Opening b");
  expect(late.signal.reason).toBe(reason);
});

test("clock/a-time-limit-leaves-nothing-behind", () => {
  const clock = clockAtOne();
  const outer = new AbortController();
  let listening = 0;
  const onMapping = clock.onMapping.bind(clock);
  clock.onMapping = (listener) => {
    const inner = onMapping(listener);
    listening += 1;
    return {
      [Symbol.dispose]: () => {
        listening -= 1;
        inner[Symbol.dispose]();
      },
    };
  };
  for (let i = 0; i < 10; i++) {
    using _limit = new TimeLimit(clock, second, outer.signal, "Opening a");
    expect(getEventListeners(outer.signal, "abort")).toHaveLength(1);
    expect(listening).toBe(1);
  }
  expect(getEventListeners(outer.signal, "abort")).toHaveLength(0);
  expect(listening).toBe(0);
});
