import { readFileSync } from "node:fs";
import { type HostTime, nanosecondsFromMs, workerStopNsMax } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { openLog } from "./log/log.js";
import { renderCloseNsMax } from "./render/render-supervisor.js";
import {
  callsNsMax,
  phaseEnds,
  Teardown,
  type TeardownPhase,
  teardownNsMax,
  teardownPhases,
} from "./teardown.js";

/** A host whose time passes when told. */
function manualTimer() {
  const timers = new Set<{ readonly at: bigint; readonly wake: () => void }>();
  let now = 0n;
  const host: Pick<HostTime, "timer"> = {
    timer: {
      after: (delay, wake) => {
        const timer = { at: now + delay, wake };
        timers.add(timer);
        return { [Symbol.dispose]: () => void timers.delete(timer) };
      },
    },
  };
  const pass = async (ms: number) => {
    now += nanosecondsFromMs(ms);
    for (const timer of [...timers]) {
      if (timer.at > now) continue;
      timers.delete(timer);
      timer.wake();
    }
    await soon();
  };
  return { host, pass, isSet: () => timers.size > 0 };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

function teardown() {
  const lines: string[] = [];
  const log = openLog({ level: "info", format: "json", now: () => 0n, write: (line) => lines.push(line) });
  const { host, pass, isSet } = manualTimer();
  return { closing: new Teardown(host, log), lines, pass, isSet };
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
    await soon();
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
    const { closing, lines, pass, isSet } = teardown();
    const order: string[] = [];
    closing.add("transports", "hangs", () => new Promise(() => {}));
    closing.add("outputs", "hangs too", () => new Promise(() => {}));
    closing.add("channels", "channel 1", () => order.push("channel 1"));
    closing.add("clock", "clock", () => order.push("clock"));
    const closed = closing.close();
    await pass(1_300);
    expect(order).toEqual([]);
    // Their channels are closed in good order all the same, in time of their own.
    await pass(1_900);
    expect(order).toEqual(["channel 1", "clock"]);
    let report: unknown;
    void closed.then((given) => (report = given));
    await pass(1_799);
    expect(report).toBeUndefined();
    await pass(1);
    expect(report).toEqual({ failed: [], unfinished: ["hangs", "hangs too"] });
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(
      Array(2).fill("a part did not close in time"),
    );
    expect(isSet()).toBe(false);
  });

  test("teardown/what-each-part-gives-its-own-fits-into-its-share", () => {
    const shareNs = (phase: TeardownPhase, before: TeardownPhase) =>
      (teardownNsMax * BigInt(phaseEnds[phase] - phaseEnds[before])) / 100n;
    expect(teardownNsMax).toBe(nanosecondsFromMs(5_000));
    expect(shareNs("transports", "health")).toBeGreaterThan(callsNsMax);
    expect(shareNs("outputs", "transports")).toBeGreaterThan(renderCloseNsMax);
    expect(shareNs("channels", "outputs")).toBeGreaterThan(workerStopNsMax);
    expect(phaseEnds[teardownPhases.at(-1) ?? "health"]).toBe(100);
    const ends = teardownPhases.map((phase) => phaseEnds[phase]);
    expect(ends).toEqual(ends.toSorted((a, b) => a - b));
  });

  test("teardown/what-comes-too-late-is-closed-at-once", async () => {
    const { closing, lines } = teardown();
    await closing.close();
    let closes = 0;
    expect(() => closing.add("decoders", "late", () => closes++)).toThrow(/opened while the engine closed/);
    expect(closes).toBe(1);
    expect(() => closing.add("decoders", "bad", () => Promise.reject(new Error("no")))).toThrow();
    await soon();
    expect(lines.map((line) => JSON.parse(line).part)).toEqual(["bad"]);
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
