import { readFileSync } from "node:fs";
import { type HostTime, nanosecondsFromMs } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { openLog } from "./log/log.js";
import { Teardown, teardownPhases } from "./teardown.js";

/** A host whose one timer fires when told. */
function manualTimer() {
  let wake: (() => void) | undefined;
  const host: Pick<HostTime, "timer"> = {
    timer: {
      after: (_delay, then) => {
        wake = then;
        return { [Symbol.dispose]: () => (wake = undefined) };
      },
    },
  };
  return { host, fire: () => wake?.(), isSet: () => wake !== undefined };
}

function teardown() {
  const lines: string[] = [];
  const log = openLog({ level: "info", format: "json", now: () => 0n, write: (line) => lines.push(line) });
  const { host, fire, isSet } = manualTimer();
  return { closing: new Teardown(host, log), lines, fire, isSet };
}

describe("teardown", () => {
  test("teardown/in-the-order-of-the-document", async () => {
    const { closing, isSet } = teardown();
    const order: string[] = [];
    for (const phase of teardownPhases.toReversed()) closing.add(phase, phase, () => order.push(phase));
    expect(await closing.close()).toEqual({ failed: [], unfinished: [] });
    expect(order).toEqual([...teardownPhases]);
    expect(isSet()).toBe(false);
    const document = readFileSync(new URL("../../../docs/teardown.md", import.meta.url), "utf8");
    expect(document).toContain(`In code: ${teardownPhases.map((phase) => `\`${phase}\``).join(", ")}.`);
  });

  test("teardown/a-phase-waits-for-the-one-before", async () => {
    const { closing } = teardown();
    const order: string[] = [];
    const slow = Promise.withResolvers<void>();
    closing.add("channels", "slow", () => slow.promise.then(() => order.push("slow")));
    closing.add("channels", "quick", () => order.push("quick"));
    closing.add("clock", "clock", () => order.push("clock"));
    const closed = closing.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(["quick"]);
    slow.resolve();
    await closed;
    expect(order).toEqual(["quick", "slow", "clock"]);
  });

  test("teardown/each-step-runs-even-if-one-before-fails", async () => {
    const { closing, lines } = teardown();
    const order: string[] = [];
    closing.add("health", "throws", () => {
      throw new Error("no");
    });
    closing.add("transports", "rejects", () => Promise.reject(new Error("never")));
    closing.add("channels", "channel 1", () => order.push("channel 1"));
    closing.add("clock", "clock", () => order.push("clock"));
    expect(await closing.close()).toEqual({ failed: ["throws", "rejects"], unfinished: [] });
    expect(order).toEqual(["channel 1", "clock"]);
    expect(lines.map((line) => JSON.parse(line).part)).toEqual(["throws", "rejects"]);
  });

  test("teardown/when-time-is-up-the-rest-is-begun-and-not-waited-for", async () => {
    const { closing, lines, fire } = teardown();
    const order: string[] = [];
    closing.add("outputs", "hangs", () => new Promise(() => {}));
    closing.add("channels", "channel 1", () => order.push("channel 1"));
    closing.add("clock", "clock", () => order.push("clock"));
    const closed = closing.close(nanosecondsFromMs(5_000));
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual([]);
    fire();
    expect(await closed).toEqual({ failed: [], unfinished: ["hangs"] });
    expect(order).toEqual(["channel 1", "clock"]);
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(["a part did not close in time"]);
  });

  test("teardown/closing-twice-is-quiet-and-nothing-can-be-added-then", async () => {
    const { closing } = teardown();
    let closes = 0;
    closing.add("clock", "clock", () => closes++);
    const both = [closing.close(), closing.close()];
    expect(await Promise.all(both)).toHaveLength(2);
    expect(closes).toBe(1);
    expect(() => closing.add("health", "late", () => {})).toThrow(/opened while the engine closed/);
  });
});
