import fc from "fast-check";
import { expect, test } from "vitest";
import { mappingAt, settled, someUtc, VirtualHost } from "../../test/virtual-host.js";
import { PlayoutError } from "../errors/playout-error.js";
import { nanoseconds } from "../time/units.js";
import { FollowerClock } from "./follower-clock.js";

const never = new AbortController().signal;
const second = 1_000_000_000n;

function following(ratePpb = 0) {
  const host = new VirtualHost();
  return { host, clock: new FollowerClock(host, mappingAt(host, 1, someUtc, ratePpb)) };
}

const wakeTimes = (clock: FollowerClock, times: readonly bigint[]) => {
  const woken: { at: bigint; now: bigint }[] = [];
  for (const at of times) {
    void clock.sleepUntil(nanoseconds(at), never).then(
      () => woken.push({ at, now: clock.now() }),
      () => {},
    );
  }
  return woken;
};

test("clock/sleepers-wake-in-order-and-never-early-whatever-the-timers-do", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.bigInt({ min: -5n, max: 400_000_000n }), { maxLength: 20 }),
      fc.array(fc.bigInt({ min: -1_000_000n, max: 3_000_000n }), { minLength: 1, maxLength: 10 }),
      fc.integer({ min: -500_000, max: 500_000 }),
      async (delays, latenesses, rate) => {
        const { host, clock } = following(rate);
        let timers = 0;
        // Some timers fire early, halfway there; others late, by up to 3 ms.
        host.lateness = (delay) => {
          const lateness = latenesses[timers++ % latenesses.length]!;
          return lateness < 0n ? -delay / 2n : lateness;
        };
        const woken = wakeTimes(
          clock,
          delays.map((delay) => someUtc + delay),
        );
        await host.run(second);
        expect(woken.length).toBe(delays.length);
        for (const { at, now } of woken) expect(now >= at).toBe(true);
        for (const [i, { at, now }] of woken.entries()) {
          const before = woken[i - 1];
          if (before && at > someUtc) expect(before.at <= at || before.now < now).toBe(true);
        }
        expect(host.timers).toBe(0);
        clock[Symbol.dispose]();
      },
    ),
    { numRuns: 60 },
  );
});

test("clock/sleepers-are-re-aimed-when-the-mapping-changes", async () => {
  const { host, clock } = following();
  const woken = wakeTimes(clock, [someUtc + 10n * second, someUtc + 20n * second]);
  await host.run(5n * second);
  // A step of 6 s passes the first: it wakes at once, not in another five seconds.
  clock.follow(mappingAt(host, 2, someUtc + 11n * second, 0));
  await settled();
  expect(woken.map(({ at }) => at - someUtc)).toEqual([10n * second]);
  // Standing still, nobody wakes and no timer runs.
  clock.follow(mappingAt(host, 3, someUtc + 12n * second, -1_000_000_000));
  expect(host.timers).toBe(0);
  await host.run(100n * second);
  expect(woken.length).toBe(1);
  expect(clock.now()).toBe(someUtc + 12n * second);
  // Off again, 500 ppm slow: eight seconds take four milliseconds more.
  clock.follow(mappingAt(host, 4, someUtc + 12n * second, -500_000));
  await host.run(8n * second + 3_999_999n);
  expect(woken.length).toBe(1);
  await host.run(10_000n);
  expect(woken.length).toBe(2);
});

test("clock/a-mapping-that-lies-behind-holds-time-still-and-steps-nothing-back", async () => {
  const { host, clock } = following();
  await host.run(10n * second);
  expect(clock.now()).toBe(someUtc + 10n * second);
  clock.follow(mappingAt(host, 2, someUtc + 9n * second, 0));
  expect(clock.now()).toBe(someUtc + 10n * second);
  await host.run(second / 2n);
  expect(clock.now()).toBe(someUtc + 10n * second);
  await host.run(second);
  expect(clock.now()).toBe(someUtc + 10n * second + second / 2n);
});

test("clock/an-older-mapping-is-not-followed", () => {
  const { host, clock } = following();
  const newer = mappingAt(host, 7, someUtc + second, 100);
  const told: number[] = [];
  using _ = clock.onMapping(({ sequence }) => told.push(sequence));
  clock.follow(newer);
  clock.follow(mappingAt(host, 6, someUtc + 50n * second, 0));
  clock.follow(newer);
  expect(clock.mapping()).toEqual(newer);
  expect(told).toEqual([7]);
  expect(clock.health()).toMatchObject({ source: "engine", driftPpm: 0.1, corrections: 7 });
});

test("clock/long-sleeps-are-cut-into-timers-that-a-host-has", async () => {
  const { host, clock } = following();
  const day = 86_400n * second;
  const woken = wakeTimes(clock, [someUtc + 40n * day]);
  // The host refuses any timer beyond an hour.
  await host.run(40n * day - 1n);
  expect(woken.length).toBe(0);
  await host.run(1n);
  expect(woken.length).toBe(1);
});

test("clock/a-sleep-given-up-stops-the-timer-when-it-fires-next", async () => {
  const { host, clock } = following();
  const given = new AbortController();
  const sleeping = clock.sleepUntil(nanoseconds(someUtc + second), given.signal);
  given.abort(new PlayoutError("Timeout", "Enough."));
  await expect(sleeping).rejects.toMatchObject({ code: "Timeout" });
  await host.run(2n * second);
  expect(host.timers).toBe(0);
});

test("clock/a-closed-clock-rejects-sleepers-keeps-telling-time-and-has-no-timer", async () => {
  const { host, clock } = following();
  const sleeping = clock.sleepUntil(nanoseconds(someUtc + second), never);
  clock[Symbol.dispose]();
  clock[Symbol.dispose]();
  await expect(sleeping).rejects.toMatchObject({ code: "Closed" });
  await expect(clock.sleepUntil(nanoseconds(0n), never)).rejects.toMatchObject({ code: "Closed" });
  expect(host.timers).toBe(0);
  await host.run(second);
  expect(clock.now()).toBe(someUtc + second);
});

test("clock/a-loop-that-sleeps-anew-leaves-the-timers-of-others-alone", async () => {
  const { host, clock } = following();
  let set = 0;
  host.lateness = () => {
    set++;
    return 0n;
  };
  const woken = wakeTimes(clock, [someUtc + 5n * second]);
  let turns = 0;
  const loop = async () => {
    for (; turns < 100; turns++) await clock.sleepUntil(nanoseconds(clock.now() + 50_000_000n), never);
  };
  void loop();
  await host.run(4n * second);
  expect(turns).toBe(80);
  // One for each turn and the next one, and one for the other sleeper.
  expect(set).toBe(82);
  await host.run(2n * second);
  expect(woken).toEqual([{ at: someUtc + 5n * second, now: someUtc + 5n * second }]);
  expect(host.timers).toBe(0);
});

test("clock/ever-earlier-sleepers-take-a-few-timers-and-all-wake", async () => {
  const { host, clock } = following();
  const woken = wakeTimes(
    clock,
    Array.from({ length: 30 }, (_, i) => someUtc + (31n - BigInt(i)) * second),
  );
  expect(host.timers).toBe(8);
  await host.run(40n * second);
  expect(woken.map(({ at, now }) => now - at)).toEqual(Array(30).fill(0n));
  expect(host.timers).toBe(0);
});
