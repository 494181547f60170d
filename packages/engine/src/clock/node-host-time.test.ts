import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { nanoseconds } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { NodeHostTime } from "./node-host-time.js";

/** CLOCK_BOOTTIME in nanoseconds as the kernel shows it, to 10 ms. */
const uptimeNs = (): bigint =>
  BigInt(Math.round(Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1_000)) * 1_000_000n;

/** Offset of this process's CLOCK_MONOTONIC (or BOOTTIME) from the kernel's, where it has a time namespace of its own. */
function offsetOfNamespace(clock: "monotonic" | "boottime"): bigint {
  let text: string;
  try {
    text = readFileSync("/proc/self/timens_offsets", "utf8");
  } catch {
    return 0n;
  }
  const [, seconds = "0", nanos = "0"] = new RegExp(`^${clock}\\s+(-?\\d+)\\s+(\\d+)`, "m").exec(text) ?? [];
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

describe("clock/node-host-time", () => {
  test.runIf(process.platform === "linux")("clock/hrtime-is-the-hosts-monotonic-clock", () => {
    const host = new NodeHostTime();
    const before = host.monotonic();
    // Another process reads the very same clock, so what it reads lies in between.
    const child = spawnSync(process.execPath, ["-p", "String(process.hrtime.bigint())"], {
      encoding: "utf8",
    });
    const after = host.monotonic();
    const theirs = BigInt(child.stdout.trim());
    expect(before <= theirs && theirs <= after).toBe(true);
    // The kernel's uptime is CLOCK_BOOTTIME: CLOCK_MONOTONIC and what the host slept. UTC would be far beyond it.
    expect(after - offsetOfNamespace("monotonic")).toBeLessThanOrEqual(
      uptimeNs() - offsetOfNamespace("boottime") + 20_000_000n,
    );
  });

  test("clock/monotonic-never-steps-back", () => {
    const host = new NodeHostTime();
    let last = host.monotonic();
    for (let i = 0; i < 10_000; i++) {
      const now = host.monotonic();
      expect(now >= last).toBe(true);
      last = now;
    }
  });

  test("clock/utc-is-within-the-wall-clocks-millisecond", () => {
    const host = new NodeHostTime();
    for (let i = 0; i < 1_000; i++) {
      const before = BigInt(Date.now()) * 1_000_000n;
      const utc = host.utc();
      const after = BigInt(Date.now() + 1) * 1_000_000n;
      expect(utc >= before && utc < after).toBe(true);
    }
  });

  test("clock/a-timer-wakes-once-and-never-synchronously", async () => {
    const host = new NodeHostTime();
    let woken = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    using _timer = host.timer.after(nanoseconds(0n), () => {
      woken++;
      resolve();
    });
    expect(woken).toBe(0);
    await promise;
    expect(woken).toBe(1);
  });

  test("clock/a-disposed-timer-is-silent", async () => {
    const host = new NodeHostTime();
    const cancelled = host.timer.after(nanoseconds(0n), () => expect.unreachable("it was disposed"));
    cancelled[Symbol.dispose]();
    cancelled[Symbol.dispose]();
    await new Promise<void>((resolve) => host.timer.after(nanoseconds(2_000_000n), resolve));
  });
});
