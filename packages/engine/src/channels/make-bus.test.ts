import { ManualClock, nanoseconds } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { readConfigText } from "../config/load.js";
import type { ChannelConfig } from "../config/playout-config.js";
import { type MakeBusTools, makeBus } from "./make-bus.js";

function oneChannel(): ChannelConfig {
  const text = 'engine: { id: test-1 }\nmedia: { roots: [/] }\nchannels: [{ id: 1, plan: "test://pattern" }]';
  const reading = readConfigText(text, "/playout.yaml", { environment: {}, exists: () => true });
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
  const [channel] = reading.config.channels;
  if (channel === undefined) throw new Error("no channel");
  return channel;
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

describe("the bus of a channel", () => {
  test("channels/a-bus-that-cannot-be-made-while-the-slate-is-awaited-is-told-to-its-channel-alone", async () => {
    const unheard: unknown[] = [];
    const hear = (thrown: unknown) => unheard.push(thrown);
    process.on("unhandledRejection", hear);
    using _hearing = { [Symbol.dispose]: () => void process.off("unhandledRejection", hear) };
    const slate = Promise.withResolvers<never>();
    const full = new Error("Shared memory is full.");
    const made = makeBus(
      oneChannel(),
      {
        engineId: "test-1",
        clock: new ManualClock(nanoseconds(0n)),
        bus: { create: () => Promise.reject(full) } as unknown as MakeBusTools["bus"],
        slates: { of: () => slate.promise } as unknown as MakeBusTools["slates"],
      },
      new AbortController().signal,
    );
    const told = expect(made).rejects.toThrow("No slate.");
    await soon();
    await soon();
    slate.reject(new Error("No slate."));
    await told;
    expect(unheard).toEqual([]);
  });
});
