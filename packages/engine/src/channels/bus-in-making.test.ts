import { type Committer, PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { BusInMaking } from "./bus-in-making.js";

const never = new AbortController().signal;
const look = { lengthOf: async () => undefined };

/** A bus that counts how often it was made and removed. */
function counted(failure?: PlayoutError) {
  const counts = { made: 0, removed: 0 };
  const committer = {
    [Symbol.asyncDispose]: async () => {
      counts.removed += 1;
    },
  } as Partial<Committer> as Committer;
  const bus = new BusInMaking(async () => {
    counts.made += 1;
    if (failure !== undefined) throw failure;
    return committer;
  });
  return { bus, committer, counts };
}

describe("channels/bus-in-making", () => {
  test("channels/the-bus-is-begun-with-the-first-look-and-made-once", async () => {
    const { bus, committer, counts } = counted();
    const lengths = bus.begunBy(look);
    expect(counts.made).toBe(0);
    await lengths.lengthOf("a", never);
    await lengths.lengthOf("b", never);
    expect(await bus.take()).toBe(committer);
    await bus[Symbol.asyncDispose]();
    expect(counts).toEqual({ made: 1, removed: 0 });
  });

  test("channels/a-bus-that-nobody-took-is-removed", async () => {
    const { bus, counts } = counted();
    await bus.begunBy(look).lengthOf("a", never);
    await bus[Symbol.asyncDispose]();
    await bus[Symbol.asyncDispose]();
    expect(counts).toEqual({ made: 1, removed: 1 });
  });

  test("channels/a-plan-that-is-refused-without-a-look-costs-no-bus", async () => {
    const { bus, counts } = counted();
    await bus[Symbol.asyncDispose]();
    expect(counts).toEqual({ made: 0, removed: 0 });
  });

  test("channels/what-keeps-a-bus-from-being-made-is-told-to-who-takes-it-and-to-nobody-else", async () => {
    const refused = counted(new PlayoutError("OutOfSharedMemory", "too large"));
    expect(await refused.bus.begunBy(look).lengthOf("a", never)).toBeUndefined();
    await expect(refused.bus.take()).rejects.toMatchObject({ code: "OutOfSharedMemory" });
    const left = counted(new PlayoutError("OutOfSharedMemory", "too large"));
    await left.bus.begunBy(look).lengthOf("a", never);
    await left.bus[Symbol.asyncDispose]();
    expect(left.counts).toEqual({ made: 1, removed: 0 });
  });
});
