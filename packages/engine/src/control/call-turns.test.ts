import { ManualClock, nanoseconds, nanosecondsFromMs } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { CallTurns } from "./call-turns.js";

const never = new AbortController().signal;
const clockAt = () => new ManualClock(nanoseconds(1_767_225_600_000_000_000n));

/** A call that goes on until it is let go. */
function longCall(turns: CallTurns, channel: number) {
  const end = Promise.withResolvers<void>();
  const done = turns.take(channel, () => end.promise, never);
  return { end: () => end.resolve(), done };
}

describe("control/calls", () => {
  test("calls/of-one-channel-wait-for-one-another-and-for-no-other-channel's", async () => {
    const turns = new CallTurns(clockAt());
    const start = longCall(turns, 1);
    const order: string[] = [];
    const update = turns.take(1, async () => order.push("update of 1"), never);
    const stop = turns.take(1, async () => order.push("stop of 1"), never);
    await turns.take(2, async () => order.push("update of 2"), never);
    start.end();
    await Promise.all([start.done, update, stop]);
    expect(order).toEqual(["update of 2", "update of 1", "stop of 1"]);
  });

  test("calls/are-refused-beyond-the-bound-and-others-have-room", async () => {
    const turns = new CallTurns(clockAt());
    const start = longCall(turns, 1);
    const waiting = Array.from({ length: 32 }, () => turns.take(1, async () => "carried out", never));
    const further = turns.take(1, async () => {}, never);
    await expect(further).rejects.toMatchObject({
      code: "QueueFull",
      message: expect.stringContaining("calls"),
    });
    expect(await turns.take(2, async () => "carried out", never)).toBe("carried out");
    start.end();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["carried out"]));
    expect(await turns.take(1, async () => "room again", never)).toBe("room again");
  });

  test("calls/that-wait-for-half-a-minute-or-whose-callers-leave-are-not-begun", async () => {
    const clock = clockAt();
    const turns = new CallTurns(clock);
    const start = longCall(turns, 1);
    const left = new AbortController();
    const begun: string[] = [];
    const leaving = turns.take(1, async () => begun.push("left"), left.signal);
    const late = turns.take(1, async () => begun.push("late"), never);
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
