import { fileURLToPath } from "node:url";
import { PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { RunningEngine, smallConfig } from "./running-engine.js";

const pattern = "test://pattern?duration=1s&size=16x16&mark=compact";
const silent = fileURLToPath(new URL("./silent-decoder.ts", import.meta.url));
const config = smallConfig(
  `[{ id: 1, plan: "${pattern}", outputs: [] }, { id: 2, plan: "test://silent", outputs: [] }]`,
).replace("decoders: [", `decoders: [{ use: ${silent} }, `);

describe("an engine with a channel that does not come to start", () => {
  test("engine/it-is-told-after-ten-seconds-and-everything-else-goes-on", async () => {
    await using running = new RunningEngine();
    const late = running.wakesAfter(10_000_000_000n);
    const starting = running.start(config);
    await expect.poll(() => running.logged("channel started")).toMatchObject([{ channel: 1 }]);
    for (const wake of late) wake();
    const { addresses } = await starting;
    expect(running.logged("channel not started yet")).toMatchObject([
      { channel: 2, err: { code: "Timeout" } },
    ]);
    expect((await fetch(`http://${addresses.control}/readyz`)).status).toBe(200);
    const seen = await running.watch(1, 1_000);
    expect(seen.length).toBeGreaterThan(20);
    expect(seen.filter(({ standIn }) => standIn !== undefined)).toEqual([]);
    await running.stop();
    expect(running.logged("engine stopped")).toMatchObject([{ failed: 0, unfinished: 0 }]);
  });

  test("lesson/52-a-start-that-is-ended-closes-what-has-started", async () => {
    await using running = new RunningEngine();
    const ending = new AbortController();
    const starting = running.start(config, ending.signal);
    await expect.poll(() => running.logged("channel started")).toMatchObject([{ channel: 1 }]);
    const [{ control } = {}] = running.logged("engine started");
    ending.abort(new PlayoutError("Closed", "Enough."));
    await expect(starting).rejects.toMatchObject({
      code: "Cancelled",
      details: { failed: [], unfinished: [] },
    });
    await expect(fetch(`http://${control}/healthz`)).rejects.toThrow();
    // That it did not start is nobody's fault.
    expect(running.logged("channel not started")).toEqual([]);
  });
});
