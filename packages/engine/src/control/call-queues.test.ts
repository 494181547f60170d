import { ManualClock, nanoseconds, nanosecondsFromMs } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { CallQueues } from "./call-queues.js";

const never = new AbortController().signal;
const clockAt = () => new ManualClock(nanoseconds(1_767_225_600_000_000_000n));

/** A call that goes on until it is let go. */
function longCall(calls: CallQueues, channel: number) {
  const end = Promise.withResolvers<void>();
  const done = calls.run(channel, () => end.promise, never);
  return { end: () => end.resolve(), done };
}

describe("control/calls", () => {
  test("calls/of-one-channel-wait-for-one-another-and-for-no-other-channel's", async () => {
    const calls = new CallQueues(clockAt());
    const start = longCall(calls, 1);
    const order: string[] = [];
    const update = calls.run(1, async () => order.push("update of 1"), never);
    const stop = calls.run(1, async () => order.push("stop of 1"), never);
    await calls.run(2, async () => order.push("update of 2"), never);
    start.end();
    await Promise.all([start.done, update, stop]);
    expect(order).toEqual(["update of 2", "update of 1", "stop of 1"]);
  });

  test("calls/are-refused-beyond-the-bound-and-others-have-room", async () => {
    const calls = new CallQueues(clockAt());
    const start = longCall(calls, 1);
    const waiting = Array.from({ length: 32 }, () => calls.run(1, async () => "carried out", never));
    const further = calls.run(1, async () => {}, never);
    await expect(further).rejects.toMatchObject({
      code: "QueueFull",
      message: expect.stringContaining("calls"),
    });
    expect(await calls.run(2, async () => "carried out", never)).toBe("carried out");
    start.end();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["carried out"]));
    expect(await calls.run(1, async () => "room again", never)).toBe("room again");
  });

  test("calls/that-wait-for-half-a-minute-or-whose-callers-leave-are-not-begun", async () => {
    const clock = clockAt();
    const calls = new CallQueues(clock);
    const start = longCall(calls, 1);
    const left = new AbortController();
    const begun: string[] = [];
    const leaving = calls.run(1, async () => begun.push("left"), left.signal);
    const late = calls.run(1, async () => begun.push("late"), never);
    const told = Promise.allSettled([leaving, late]);
    left.abort();
    await clock.advanceBy(nanosecondsFromMs(29_999));
    await clock.advanceBy(nanosecondsFromMs(1));
    expect(await told).toMatchObject([
      { status: "rejected", reason: { code: "Cancelled" } },
      { status: "rejected", reason: { code: "Timeout" } },
    ]);
    start.end();
    await start.done;
    expect(begun).toEqual([]);
  });
});
