import { ManualClock, nanoseconds, nanosecondsFromMs } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { SerialQueue } from "./serial-queue.js";

const never = new AbortController().signal;
const clockAt = () => new ManualClock(nanoseconds(1_767_225_600_000_000_000n));
const queueOn = (clock: ManualClock) =>
  new SerialQueue({ clock, work: "edits", waitNsMax: nanosecondsFromMs(2_000) });

/** An edit that goes on until it is let go. */
function longEdit(queue: SerialQueue) {
  const end = Promise.withResolvers<void>();
  const done = queue.run(() => end.promise, never);
  return { end: () => end.resolve(), done };
}

describe("channels/edits", () => {
  test("edits/go-one-after-another-in-the-order-in-which-they-were-asked-for", async () => {
    const queue = queueOn(clockAt());
    const told: string[] = [];
    const edit = (name: string) => async () => {
      told.push(`${name} begins`);
      await Promise.resolve();
      await Promise.resolve();
      told.push(`${name} ends`);
      if (name === "b") throw new Error("b fails");
      return name;
    };
    const all = await Promise.allSettled(["a", "b", "c"].map((name) => queue.run(edit(name), never)));
    expect(told).toEqual(["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
    expect(all.map((one) => (one.status === "fulfilled" ? one.value : String(one.reason)))).toEqual([
      "a",
      "Error: b fails",
      "c",
    ]);
  });

  test("edits/one-whose-caller-leaves-is-not-begun-and-holds-up-nobody", async () => {
    const queue = queueOn(clockAt());
    const first = longEdit(queue);
    const left = new AbortController();
    let isBegun = false;
    const second = queue.run(async () => {
      isBegun = true;
    }, left.signal);
    const third = queue.run(async () => "third", never);
    left.abort();
    await expect(second).rejects.toMatchObject({ code: "Cancelled" });
    // It left; the first is at work all the same.
    const order: string[] = [];
    void third.then(() => order.push("third"));
    void first.done.then(() => order.push("first"));
    first.end();
    expect(await third).toBe("third");
    expect(order).toEqual(["first", "third"]);
    expect(isBegun).toBe(false);
  });

  test("edits/are-refused-beyond-the-bound-and-after-the-deadline", async () => {
    const clock = clockAt();
    const queue = queueOn(clock);
    const first = longEdit(queue);
    const waiting = Array.from({ length: 32 }, () => queue.run(async () => "waited", never));
    const outcomes = Promise.allSettled(waiting);
    await expect(queue.run(async () => {}, never)).rejects.toMatchObject({ code: "QueueFull" });
    await clock.advanceBy(nanosecondsFromMs(1_999));
    await clock.advanceBy(nanosecondsFromMs(1));
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "Timeout" } });
    const last = queue.run(async () => "there is room again", never);
    first.end();
    expect(await last).toBe("there is room again");
  });

  test("edits/of-a-channel-that-was-stopped-are-not-begun", async () => {
    const queue = queueOn(clockAt());
    const first = longEdit(queue);
    const second = queue.run(async () => "begun", never);
    queue.close();
    first.end();
    await expect(second).rejects.toMatchObject({ code: "WrongState" });
    await expect(queue.run(async () => "begun", never)).rejects.toMatchObject({ code: "WrongState" });
    await first.done;
  });
});
