import { expect, test } from "vitest";
import { nanoseconds } from "../time/units.js";
import { ManualClock } from "./manual-clock.js";
import { houseAt, monoAt } from "./mapping.js";

const never = new AbortController().signal;
const start = 1_000_000_000_000n;
const at = (ns: bigint) => nanoseconds(start + ns);

test("clock/manual-wakes-in-time-order-and-lets-the-woken-sleep-again", async () => {
  using clock = new ManualClock(at(0n));
  const log: string[] = [];
  const say = (what: string) => log.push(`${clock.now() - start} ${what}`);
  const ticking = (async () => {
    for (let n = 1n; n <= 4n; n++) {
      await clock.sleepUntil(at(n * 10n), never);
      // Several microtasks deep, as real work is.
      await Promise.all([Promise.resolve(), (async () => await null)()]);
      say(`tick ${n}`);
    }
  })();
  const others = [
    clock.sleepUntil(at(20n), never).then(() => say("a, asked before tick 2 was")),
    clock.sleepUntil(at(25n), never).then(() => say("b")),
    clock.sleepUntil(at(25n), never).then(() => say("c")),
  ];
  await clock.advanceTo(at(35n));
  expect(log).toEqual([
    "10 tick 1",
    "20 a, asked before tick 2 was",
    "20 tick 2",
    "25 b",
    "25 c",
    "30 tick 3",
  ]);
  expect(clock.now()).toBe(at(35n));
  expect([clock.sleepers, clock.nextWake]).toEqual([1, at(40n)]);
  await clock.advanceBy(nanoseconds(5n));
  await Promise.all([ticking, ...others]);
  expect(log.at(-1)).toBe("40 tick 4");
  expect(clock.sleepers).toBe(0);
});

test("clock/manual-never-wakes-early-and-a-past-time-resolves-but-not-at-once", async () => {
  using clock = new ManualClock(at(0n));
  let woken = 0;
  const sleeping = clock.sleepUntil(at(10n), never).then(() => woken++);
  await clock.advanceTo(at(9n));
  expect(woken).toBe(0);
  await clock.advanceTo(at(10n));
  expect(woken).toBe(1);
  await sleeping;
  let passed = false;
  const past = clock.sleepUntil(at(3n), never).then(() => {
    passed = true;
  });
  expect(passed).toBe(false);
  await past;
});

test("clock/manual-jumps-at-once-with-set", async () => {
  using clock = new ManualClock(at(0n));
  const woken: bigint[] = [];
  const sleeping = [30n, 10n, 20n].map((ns) => clock.sleepUntil(at(ns), never).then(() => woken.push(ns)));
  clock.set(at(25n));
  expect(clock.now()).toBe(at(25n));
  await Promise.all(sleeping.slice(1));
  expect(woken).toEqual([10n, 20n]);
  expect(() => clock.set(at(24n))).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
  await expect(clock.advanceTo(at(24n))).rejects.toMatchObject({ code: "InvalidArgument" });
  await clock.advanceTo(at(30n));
  expect(woken).toEqual([10n, 20n, 30n]);
});

test("clock/manual-mapping-stands-still-and-tells-of-each-move", async () => {
  using clock = new ManualClock(at(0n));
  const seen: [number, bigint][] = [];
  const listening = clock.onMapping((mapping) => {
    expect(mapping.ratePpb).toBe(-1_000_000_000);
    for (const mono of [0n, 5n, 10n ** 18n]) expect(houseAt(mapping, nanoseconds(mono))).toBe(clock.now());
    expect(monoAt(mapping, nanoseconds(clock.now() + 1n))).toBeUndefined();
    seen.push([mapping.sequence, mapping.houseAnchor - start]);
  });
  void clock.sleepUntil(at(7n), never);
  clock.set(at(0n));
  await clock.advanceTo(at(10n));
  expect(seen).toEqual([
    [1, 7n],
    [2, 10n],
  ]);
  expect(clock.health().corrections).toBe(2);
  listening[Symbol.dispose]();
  clock.set(at(11n));
  expect(seen.length).toBe(2);
});

test("clock/manual-moves-asked-for-at-once-happen-one-after-the-other", async () => {
  using clock = new ManualClock(at(0n));
  const seen: bigint[] = [];
  clock.onMapping(({ houseAnchor }) => seen.push(houseAnchor - start));
  await Promise.all([
    clock.advanceBy(nanoseconds(10n)),
    clock.advanceBy(nanoseconds(5n)),
    clock.advanceTo(at(20n)),
  ]);
  expect(seen).toEqual([10n, 15n, 20n]);
});

test("clock/manual-waits-for-whatever-settling-means-to-its-driver", async () => {
  // A driver whose work takes several turns of the event loop says so, and nothing is overtaken.
  let turns = 0;
  const settle = async () => {
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    turns++;
  };
  using clock = new ManualClock(at(0n), { settle });
  const log: bigint[] = [];
  void (async () => {
    for (;;) {
      await clock.sleepUntil(nanoseconds(clock.now() + 10n), never);
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      log.push(clock.now() - start);
    }
  })().catch(() => {});
  await clock.advanceTo(at(50n));
  expect(log).toEqual([10n, 20n, 30n, 40n, 50n]);
  expect(turns).toBe(6);
});

test("clock/manual-closed-rejects-and-a-failing-listener-keeps-nobody-from-being-told", async () => {
  const clock = new ManualClock(at(0n));
  const told: number[] = [];
  clock.onMapping(() => {
    throw new Error("mine");
  });
  clock.onMapping(({ sequence }) => told.push(sequence));
  const sleeping = clock.sleepUntil(at(5n), never);
  expect(() => clock.set(at(5n))).toThrow("mine");
  expect(told).toEqual([1]);
  await sleeping;
  const late = clock.sleepUntil(at(50n), never);
  clock[Symbol.dispose]();
  clock[Symbol.dispose]();
  await expect(late).rejects.toMatchObject({ code: "Closed" });
  await expect(clock.sleepUntil(at(1n), never)).rejects.toMatchObject({ code: "Closed" });
  expect(clock.now()).toBe(at(5n));
});
