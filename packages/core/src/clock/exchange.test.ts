import fc from "fast-check";
import { expect, test } from "vitest";
import { nanoseconds } from "../time/units.js";
import { type Exchange, MasterEstimator } from "./exchange.js";

const ms = 1_000_000n;
const second = 1_000_000_000n;
const start = 5_000n * second;
const epoch = 1_900_000_000n * second;

/** A master `driftPpb` fast, exactly; an exchange begun at `mono` with the two ways' delays. */
const exact = (mono: bigint, out: bigint, back: bigint, driftPpb = 0n, stepped = 0n): Exchange => {
  const masterAt = (at: bigint) => {
    const passed = at - start;
    return nanoseconds(epoch + stepped + passed + (passed * driftPpb) / second);
  };
  const received = mono + out;
  const sent = received + 50_000n;
  return {
    masterSent: masterAt(mono),
    received: nanoseconds(received),
    sent: nanoseconds(sent),
    masterReceived: masterAt(sent + back),
  };
};

const seconds = (n: number) => start + BigInt(n) * second;

test("clock/even-exchanges-give-offset-and-drift-to-the-part-per-billion", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -450_000n, max: 450_000n }),
      fc.bigInt({ min: 0n, max: 20n * ms }),
      (drift, way) => {
        const estimator = new MasterEstimator();
        for (let n = 0; n < 200; n++) expect(estimator.add(exact(seconds(n), way, way, drift))).toBe("taken");
        const estimate = estimator.estimate()!;
        expect(estimate.exchanges).toBe(64);
        expect(Math.abs(estimate.driftPpb - Number(drift))).toBeLessThan(500);
        const mono = nanoseconds(seconds(200));
        const truth = epoch + 200n * second + (200n * second * drift) / second;
        const error = estimate.masterAt(mono) - truth;
        expect(error > -20_000n && error < 20_000n).toBe(true);
        expect(estimate.jitterNsP95 < 20_000n).toBe(true);
        // The master's own rate is in its measure of the delay.
        const delay = estimate.delayNsMin - 2n * way;
        expect(delay > -20_000n && delay < 60_000n).toBe(true);
      },
    ),
    { numRuns: 40 },
  );
});

test("clock/short-round-trips-outweigh-long-ones-however-many", () => {
  // Nine in ten wait 40 ms on the way out only, which looks like 20 ms of offset.
  const estimator = new MasterEstimator();
  for (let n = 0; n < 100; n++) estimator.add(exact(seconds(n), n % 10 === 0 ? ms : 41n * ms, ms));
  const error = estimator.estimate()!.masterAt(nanoseconds(seconds(100))) - (epoch + 100n * second);
  expect(error > -ms && error < ms).toBe(true);
});

test("clock/an-exchange-that-cannot-be-changes-nothing", () => {
  const estimator = new MasterEstimator();
  const good = exact(seconds(1), ms, ms);
  estimator.add(good);
  const before = estimator.estimate()!.masterAt(nanoseconds(seconds(9)));
  const later = exact(seconds(2), ms, ms);
  for (const wrong of [
    { ...later, sent: nanoseconds(later.received - 1n) },
    { ...later, masterReceived: nanoseconds(later.masterSent - 1n * second) },
    { ...later, masterReceived: nanoseconds(later.masterSent + 11n * second) },
    { ...later, masterSent: nanoseconds(-(2n ** 63n)), masterReceived: nanoseconds(2n ** 63n - 1n) },
    // The same exchange again, and one from before it.
    good,
    exact(seconds(0), ms, ms),
  ]) {
    expect(estimator.add(wrong)).toBe("impossible");
    expect(estimator.estimate()!.masterAt(nanoseconds(seconds(9)))).toBe(before);
  }
});

test("clock/one-mishap-is-set-aside-and-three-that-agree-are-a-step", () => {
  const estimator = new MasterEstimator();
  const at = (n: number, stepped = 0n) => estimator.add(exact(seconds(n), ms, ms, 100_000n, stepped));
  for (let n = 0; n < 70; n++) at(n);
  const offset = (n: number) =>
    estimator.estimate()!.masterAt(nanoseconds(seconds(n))) -
    (epoch + BigInt(n) * second + BigInt(n) * 100_000n);
  const near = (value: bigint, wanted: bigint) => value - wanted > -ms && value - wanted < ms;

  expect([at(70, 50n * ms), at(71), at(72, 50n * ms), at(73, 50n * ms), at(74)]).toEqual([
    "set-aside",
    "taken",
    "set-aside",
    "set-aside",
    "taken",
  ]);
  expect(near(offset(75), 0n)).toBe(true);
  expect([at(75, -80n * ms), at(76, -80n * ms), at(77, -80n * ms), at(78, -80n * ms)]).toEqual([
    "set-aside",
    "set-aside",
    "stepped",
    "taken",
  ]);
  expect(near(offset(79), -80n * ms)).toBe(true);
  // The drift is a matter of crystals, and outlives the step.
  expect(Math.abs(estimator.estimate()!.driftPpb - 100_000)).toBeLessThan(2_000);
  expect(estimator.estimate()!.exchanges).toBe(4);
});

test("clock/timestamps-that-contradict-each-other-prove-nothing", () => {
  const estimator = new MasterEstimator();
  for (let n = 0; n < 20; n++) estimator.add(exact(seconds(n), ms, ms));
  for (let n = 20; n < 60; n++) {
    expect(estimator.add(exact(seconds(n), ms, ms, 0n, BigInt((n * n) % 37) * second + second))).toBe(
      "set-aside",
    );
  }
  const error = estimator.estimate()!.masterAt(nanoseconds(seconds(60))) - (epoch + 60n * second);
  expect(error > -ms && error < ms).toBe(true);
});

test("clock/nothing-is-estimated-from-nothing", () => {
  expect(new MasterEstimator().estimate()).toBeUndefined();
});
