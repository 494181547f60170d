import {
  type ConformerFactory,
  defaultChannelSettings,
  defaultProgramFormat,
  type FrameBus,
  type FrameWriter,
  ManualClock,
  nanoseconds,
  type Plan,
  PlayoutError,
  silentMetrics,
  type Tick,
} from "@retrovue/core";
import { expect, test } from "vitest";
import { ChannelWorker } from "./channel-worker.js";

test("workers/a-conformer-that-does-not-open-fails-the-worker-alone-and-closes-its-lane", async () => {
  const lane = Promise.withResolvers<FrameWriter>();
  let closed = 0;
  const refusal = new PlayoutError("UnsupportedMedia", "No conformer makes that.");
  const plan: Plan = { revision: 1, start: nanoseconds(0n), end: "pad", segments: [] };
  const worker = new ChannelWorker(
    {
      channelId: 1,
      format: defaultProgramFormat,
      settings: defaultChannelSettings,
      languages: [],
      directReferences: 0,
    },
    {
      clock: new ManualClock(nanoseconds(0n)),
      bus: { openWriter: () => lane.promise } as Partial<FrameBus> as FrameBus,
      decoders: [],
      conformers: { open: () => Promise.reject(refusal) } as ConformerFactory,
      isBarred: () => false,
      onEvent: () => {},
      onAlive: () => {},
      metrics: silentMetrics,
    },
    plan,
  );
  // What nobody hears ends the process, and every channel with it where workers have none of their own.
  const unheard: unknown[] = [];
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (thrown) => unheard.push(thrown));
  try {
    const order = { lane: { address: { engineId: "e", channelId: 1 }, lane: 1, path: "" }, continues: false };
    const ended = worker.run({ ...order, from: 0 as Tick }, new AbortController().signal);
    await new Promise((resolve) => setImmediate(resolve));
    lane.resolve({
      [Symbol.asyncDispose]: async () => {
        closed += 1;
      },
    } as Partial<FrameWriter> as FrameWriter);
    await expect(ended).rejects.toBe(refusal);
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const other of others) process.on("unhandledRejection", other);
  }
  expect(unheard).toEqual([]);
  expect(closed).toBe(1);
});
