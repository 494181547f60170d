import { type Clock, type Nanoseconds, nanoseconds, nsPerMs, PlayoutError } from "@retrovue/core";
import * as vitest from "vitest";
import type { ClockSubject } from "../../src/clock/clock-subject.js";
import { clockContract, clockSuite, declareMutants, type Mutant, type RuleId } from "../../src/index.js";
import { overlay } from "../overlay.js";
import {
  airedSystemSubject,
  disciplinedSubject,
  followerSubject,
  manualSubject,
  systemSubject,
} from "./clock-subjects.js";

clockContract({ runner: vitest, open: manualSubject, title: "manual clock" });
clockContract({ runner: vitest, open: systemSubject, title: "system clock before first air" });
clockContract({ runner: vitest, open: airedSystemSubject, title: "system clock on air" });
clockContract({ runner: vitest, open: disciplinedSubject, title: "disciplined clock" });
clockContract({ runner: vitest, open: followerSubject, title: "follower clock" });

const mutant = (
  name: string,
  breaks: readonly RuleId[],
  change: (clock: ClockSubject["clock"]) => Partial<Clock & Disposable>,
): Mutant<ClockSubject> => ({
  name,
  breaks,
  setUp: async () => {
    const subject = await manualSubject();
    return overlay(subject, { clock: overlay(subject.clock, change(subject.clock)) });
  },
});

const patient = new AbortController().signal;
const ns = (value: bigint): Nanoseconds => nanoseconds(value);

declareMutants(vitest, clockSuite, [
  mutant("steps-back-now-and-then", ["clock/now-never-steps-back"], (clock) => {
    let calls = 0;
    return { now: () => (++calls % 3 === 0 ? ns(clock.now() - 10n * nsPerMs) : clock.now()) };
  }),
  mutant("wakes-a-millisecond-early", ["clock/sleep-is-never-early"], (clock) => ({
    sleepUntil: (at, signal) => clock.sleepUntil(ns(at - nsPerMs), signal),
  })),
  mutant("forgets-a-sleeper", ["clock/sleep-ends-when-its-time-has-come"], (clock) => {
    let sleepers = 0;
    return {
      sleepUntil: (at, signal) =>
        ++sleepers === 150 ? new Promise<never>(() => {}) : clock.sleepUntil(at, signal),
    };
  }),
  mutant("wakes-by-tens-of-milliseconds", ["clock/sleepers-wake-in-the-order-of-their-times"], (clock) => ({
    sleepUntil: (at, signal) => clock.sleepUntil(ns(at - (at % 20_000_000n) + 20_000_000n), signal),
  })),
  mutant("waits-for-the-past", ["clock/past-time-does-not-wait"], (clock) => ({
    sleepUntil: (at, signal) => clock.sleepUntil(at > clock.now() ? at : ns(clock.now() + 1n), signal),
  })),
  mutant("cannot-be-woken", ["clock/aborted-sleep-is-cancelled"], (clock) => ({
    sleepUntil: (at) => clock.sleepUntil(at, patient),
  })),
  mutant("hides-the-callers-error", ["clock/aborted-sleep-says-why"], (clock) => ({
    sleepUntil: (at, signal) =>
      clock.sleepUntil(at, signal).catch((cause) => {
        throw new PlayoutError("Cancelled", "Somebody gave up.", { cause });
      }),
  })),
  mutant("leaves-sleepers-behind", ["clock/closing-wakes-everyone"], () => ({ [Symbol.dispose]: () => {} })),
  mutant("maps-to-another-time", ["clock/mapping-tells-house-time"], (clock) => ({
    mapping: () => ({ ...clock.mapping(), houseAnchor: ns(clock.mapping().houseAnchor + 1n) }),
  })),
  mutant("keeps-its-listeners", ["clock/change-of-mapping-is-told"], (clock) => ({
    onMapping: (listener) => {
      clock.onMapping(listener);
      return { [Symbol.dispose]: () => {} };
    },
  })),
  mutant("tells-nobody", ["clock/change-of-mapping-is-told"], () => ({
    onMapping: () => ({ [Symbol.dispose]: () => {} }),
  })),
  mutant("wakes-all-at-a-change", ["clock/sleepers-follow-the-mapping"], (clock) => ({
    sleepUntil: (at, signal) =>
      Promise.race([
        clock.sleepUntil(at, signal),
        new Promise<void>((resolve) => clock.onMapping(() => resolve())),
      ]),
  })),
  mutant("cries-wolf", ["clock/health-is-plausible"], (clock) => ({
    health: () => ({ ...clock.health(), alarm: true }),
  })),
]);
