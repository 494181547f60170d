import { describe, expect, test } from "vitest";
import { someUtc, VirtualHost } from "../../test/virtual-host.js";
import { type Nanoseconds, nanosecondsFromMs } from "../time/units.js";
import { Alarm } from "./alarm.js";
import { ManualClock } from "./manual-clock.js";
import { SteadyTime } from "./steady-time.js";
import { SystemClock } from "./system-clock.js";
import { TimeLimit } from "./time-limit.js";
import { Watch } from "./watch.js";

const ms = (value: number) => nanosecondsFromMs(value);
const never = new AbortController().signal;

/** A manual clock at second 1 and an alarm that notes when it rang, in milliseconds. */
function bench() {
  const clock = new ManualClock(ms(1_000));
  const rang: number[] = [];
  const alarm = new Alarm(clock, () => rang.push(Number(clock.now() / 1_000_000n)));
  return { clock, rang, alarm };
}

describe("clock/alarm", () => {
  test("clock/an-alarm-rings-once-at-its-time", async () => {
    const { clock, rang, alarm } = bench();
    alarm.arm(ms(1_500));
    await clock.advanceTo(ms(1_499));
    expect(rang).toEqual([]);
    await clock.advanceTo(ms(3_000));
    expect(rang).toEqual([1_500]);
  });

  test("clock/an-alarm-set-in-the-past-rings-soon-but-not-at-once", async () => {
    const { clock, rang, alarm } = bench();
    alarm.arm(ms(10));
    expect(rang).toEqual([]);
    await clock.advanceBy(ms(0));
    expect(rang).toEqual([1_000]);
  });

  test("clock/a-cleared-alarm-is-silent-and-one-put-off-rings-later", async () => {
    const { clock, rang, alarm } = bench();
    alarm.arm(ms(1_500));
    alarm.disarm();
    await clock.advanceTo(ms(2_000));
    alarm.arm(ms(2_500));
    alarm.arm(ms(2_900));
    await clock.advanceTo(ms(4_000));
    expect(rang).toEqual([2_900]);
  });

  test("clock/an-earlier-deadline-overtakes-and-the-later-one-is-forgotten", async () => {
    const { clock, rang, alarm } = bench();
    alarm.arm(ms(5_000));
    alarm.arm(ms(1_200));
    await clock.advanceTo(ms(6_000));
    expect(rang).toEqual([1_200]);
  });

  test("clock/an-alarm-keeps-one-sleeper-whatever-is-asked-of-it", async () => {
    const { clock, rang, alarm } = bench();
    for (let at = 9_000; at > 1_100; at -= 100) {
      alarm.arm(ms(at));
      expect(clock.sleepers).toBe(1);
    }
    for (let at = 1_200; at < 9_000; at += 100) {
      alarm.arm(ms(at));
      expect(clock.sleepers).toBe(1);
    }
    await clock.advanceTo(ms(20_000));
    expect([rang, clock.sleepers]).toEqual([[8_900], 0]);
  });

  test("clock/an-alarm-may-be-set-anew-when-it-rings", async () => {
    const clock = new ManualClock(ms(0));
    let rings = 0;
    const alarm: Alarm = new Alarm(clock, () => {
      rings += 1;
      if (rings < 5) alarm.arm((clock.now() + ms(100)) as Nanoseconds);
    });
    alarm.arm(ms(100));
    await clock.advanceTo(ms(2_000));
    expect([rings, clock.sleepers]).toEqual([5, 0]);
  });

  test("clock/a-closed-alarm-is-gone-and-stays-silent", async () => {
    const { clock, rang, alarm } = bench();
    alarm.arm(ms(1_100));
    alarm[Symbol.dispose]();
    alarm[Symbol.dispose]();
    alarm.arm(ms(1_200));
    await clock.advanceTo(ms(2_000));
    expect([rang, clock.sleepers]).toEqual([[], 0]);
  });

  test("clock/an-alarm-outlives-its-clock-in-silence", async () => {
    const { clock, rang, alarm } = bench();
    alarm.arm(ms(1_100));
    clock[Symbol.dispose]();
    await Promise.resolve();
    alarm.arm(ms(1_050));
    expect(rang).toEqual([]);
  });
});

/** A real clock on a virtual host, whose source can be put ahead and followed by order. */
function leaping() {
  const host = new VirtualHost();
  const clock = new SystemClock(host);
  clock.markAired();
  const leap = (by: number) => {
    host.stepUtc(BigInt(by) * 1_000_000n);
    clock.resync();
  };
  return { host, clock, leap };
}

describe("clock/watch", () => {
  test("clock/a-watch-rings-where-work-takes-too-long", async () => {
    const clock = new ManualClock(someUtc);
    using time = new SteadyTime(clock);
    let rang = 0;
    using watch = new Watch(time, ms(2_000), () => {
      rang += 1;
    });
    for (let i = 0; i < 10; i++) {
      watch.begin();
      await clock.advanceBy(ms(1_900));
    }
    watch.end();
    await clock.advanceBy(ms(10_000));
    expect(rang).toBe(0);
    watch.begin();
    await clock.advanceBy(ms(10_000));
    expect(rang).toBe(1);
  });

  test("clock/a-leap-of-house-time-is-no-hang", async () => {
    const { host, clock, leap } = leaping();
    using time = new SteadyTime(clock);
    let rangAt: bigint | undefined;
    using watch = new Watch(time, ms(2_000), () => {
      rangAt = host.monotonic();
    });
    const began = host.monotonic();
    watch.begin();
    await host.run(ms(500));
    leap(30_000);
    await host.run(ms(1_400));
    expect(rangAt).toBeUndefined();
    leap(5_000);
    await host.run(ms(1_000));
    expect((rangAt ?? 0n) - began).toBe(ms(2_000));
  });

  test("clock/a-time-limit-counts-time-that-passes", async () => {
    const { host, clock, leap } = leaping();
    using limit = new TimeLimit(clock, ms(5_000), never, "Opening a");
    await host.run(ms(1_000));
    leap(60_000);
    await host.run(ms(3_900));
    expect(limit.signal.aborted).toBe(false);
    await host.run(ms(200));
    expect(limit.signal.aborted).toBe(true);
  });

  test("clock/steady-time-passes-with-the-clock-and-leaps-with-nobody", async () => {
    const { host, clock, leap } = leaping();
    using time = new SteadyTime(clock);
    const began = time.now();
    await host.run(ms(1_000));
    leap(7_000);
    await host.run(ms(1_000));
    expect(time.now() - began).toBe(ms(2_000));
    expect(time.leaptNs).toBe(ms(7_000));
  });
});
