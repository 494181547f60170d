import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { someUtc, VirtualHost } from "../../test/virtual-host.js";
import { HouseGrid } from "../time/house-grid.js";
import { rational } from "../time/rational.js";
import { nanoseconds, tickAfter } from "../time/units.js";
import { SystemClock } from "./system-clock.js";

const never = new AbortController().signal;
const ms = 1_000_000n;
const second = 1_000_000_000n;
const grid = new HouseGrid(rational(30_000, 1_001), 48_000);

/** When, by the monotonic clock, each tick of a running channel came. */
async function tickTimes(
  host: VirtualHost,
  clock: SystemClock,
  during: () => Promise<void>,
): Promise<bigint[]> {
  const times: bigint[] = [];
  const stop = new AbortController();
  const ticking = (async () => {
    for (let n = grid.tickAtOrAfter(clock.now()); ; n = tickAfter(n, 1)) {
      await clock.sleepUntil(grid.tickTime(n), stop.signal);
      times.push(host.monotonic());
    }
  })().catch(() => {});
  await during();
  stop.abort();
  await ticking;
  return times;
}

describe("lesson/07-a-clock-step-causes-neither-burst-nor-stall", () => {
  test.each([
    ["forward 300 ms", 300n * ms, false],
    ["back 300 ms", -300n * ms, false],
    ["forward an hour", 3_600n * second, true],
    ["back an hour", -3_600n * second, true],
    ["forward 51 years", 51n * 365n * 86_400n * second, true],
    ["back to 1970", -someUtc, true],
  ])("%s", async (_name, step, alarms) => {
    const host = new VirtualHost();
    using clock = new SystemClock(host);
    clock.markAired();
    const times = await tickTimes(host, clock, async () => {
      await host.run(5n * second);
      expect(clock.health()).toMatchObject({ state: "locked", offsetNs: 0n, corrections: 0, alarm: false });
      host.stepUtc(step);
      await host.run(20n * second);
    });
    // Every tick at its time: the period is off by 500 ppm at most, 17 µs, and the count by less than one.
    const period = grid.length(1);
    for (const [i, time] of times.entries()) {
      if (i === 0) continue;
      const gap = time - times[i - 1]!;
      expect(gap > period - 20_000n && gap < period + 20_000n).toBe(true);
    }
    expect(times.length).toBeGreaterThanOrEqual(749);
    expect(times.length).toBeLessThanOrEqual(750);
    // Slewed, and reported.
    const health = clock.health();
    expect(clock.mapping().ratePpb).toBe(step > 0n ? 500_000 : -500_000);
    expect(health.alarm).toBe(alarms);
    expect(health.corrections).toBe(1);
    const open = step > 0n ? step - health.offsetNs : health.offsetNs - step;
    expect(open >= 9n * ms && open <= 10n * ms).toBe(true);
  });
});

test("clock/system-closes-a-step-of-utc-and-then-runs-straight", async () => {
  for (const step of [100n * ms, -100n * ms]) {
    const host = new VirtualHost();
    using clock = new SystemClock(host);
    clock.markAired();
    host.stepUtc(step);
    await host.run(190n * second);
    expect(clock.mapping().ratePpb).not.toBe(0);
    await host.run(120n * second);
    expect(clock.mapping().ratePpb).toBe(0);
    const error = host.utc() - clock.now();
    expect(error > -ms / 10n && error < ms / 10n).toBe(true);
    expect(clock.health().jitterNsP95).toBe(0n);
  }
});

test("clock/system-ignores-a-utc-of-whole-milliseconds-and-readings-that-were-interrupted", async () => {
  const host = new VirtualHost();
  const coarse = {
    ...host,
    monotonic: host.monotonic,
    timer: host.timer,
    utc: () => nanoseconds((host.utc() / ms) * ms),
  };
  using clock = new SystemClock(coarse);
  clock.markAired();
  await host.run(600n * second + 123_456n);
  expect(clock.health().corrections).toBe(0);
  expect(clock.health().jitterNsP95 < ms).toBe(true);

  // Between the two readings of the monotonic clock the process was away for 50 ms: no step of UTC has happened.
  const away = new VirtualHost();
  let interrupted = false;
  using other = new SystemClock({
    monotonic: away.monotonic,
    timer: away.timer,
    utc: () => {
      if (interrupted) away.runQuietly(50n * ms);
      return away.utc();
    },
  });
  other.markAired();
  await away.run(second / 2n);
  interrupted = true;
  await away.run(5n * second);
  expect(other.health()).toMatchObject({ corrections: 0, offsetNs: 0n });
});

test("clock/system-steps-forward-before-first-air-and-never-after", async () => {
  const host = new VirtualHost();
  using clock = new SystemClock(host);
  host.stepUtc(70n * second);
  await host.run(2n * second);
  expect(clock.now()).toBe(host.utc());
  expect(clock.mapping().ratePpb).toBe(0);
  // Back is slewed even then: a time once told is never told again.
  const before = clock.now();
  host.stepUtc(-70n * second);
  await host.run(2n * second);
  expect(clock.now() > before + 1_999n * ms).toBe(true);
  expect(clock.health().alarm).toBe(true);
});

test("clock/resync-steps-forward-by-order-and-refuses-to-go-back", async () => {
  const host = new VirtualHost();
  using clock = new SystemClock(host);
  clock.markAired();
  host.stepUtc(30n * second);
  await host.run(3n * second);
  expect(clock.health().alarm).toBe(true);
  const stepped = clock.resync();
  expect(stepped > 29_990n * ms && stepped <= 30_000n * ms).toBe(true);
  expect(clock.now()).toBe(host.utc());
  expect(clock.health()).toMatchObject({ alarm: false, offsetNs: 0n });
  // The slew that was under way is over with it.
  await host.run(10n * second);
  expect(clock.now()).toBe(host.utc());

  host.stepUtc(-5n * second);
  expect(() => clock.resync()).toThrow(
    expect.objectContaining({ code: "WrongState", details: { aheadMs: 5_000 } }),
  );
  const now = clock.now();
  await host.run(ms);
  expect(clock.now()).toBe(now + ms);
});

test("clock/system-never-steps-back-nor-beyond-its-slew", async () => {
  const doing = fc.oneof(
    fc.record({ run: fc.bigInt({ min: 0n, max: 30n * second }) }),
    fc.record({ stepUtc: fc.bigInt({ min: -10n * second, max: 10n * second }) }),
    fc.constant({ resync: true as const }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(doing, { maxLength: 40 }), async (script) => {
      const host = new VirtualHost();
      using clock = new SystemClock(host);
      clock.markAired();
      for (const step of script) {
        const [mono, house] = [host.monotonic(), clock.now()];
        if ("stepUtc" in step) host.stepUtc(step.stepUtc);
        else if ("run" in step) host.runQuietly(step.run);
        else {
          try {
            clock.resync();
          } catch {
            // Behind: refused, and nothing has changed.
          }
        }
        const [passed, told] = [host.monotonic() - mono, clock.now() - house];
        expect(told >= 0n).toBe(true);
        if (!("resync" in step)) {
          const slack = passed / 2_000n + 2n;
          expect(told >= passed - slack && told <= passed + slack).toBe(true);
        }
      }
    }),
  );
});

test("clock/system-leaves-no-timer-behind", async () => {
  const host = new VirtualHost();
  const clock = new SystemClock(host);
  clock.markAired();
  host.stepUtc(second);
  await host.run(2n * second);
  void clock.sleepUntil(nanoseconds(clock.now() + second), never).catch(() => {});
  expect(host.timers).toBe(3);
  clock[Symbol.dispose]();
  expect(host.timers).toBe(0);
});
