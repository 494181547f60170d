import { DisciplinedClock, type Nanoseconds } from "@retrovue/core";
import { type Mutant, mutant } from "./mutation.js";

/** Who asks for house time is told too little once in so often. */
const everyCalls = 997;

/** More than passes between two looks at it. */
const backNs = 200_000_000n;

/** By how much a clock misreads its master: more than a network can hide. */
const misreadNs = 20_000_000n;

/** House times that are not what they should be. */
export const clockMutants: readonly Mutant[] = [
  mutant("time-goes-back", "House time steps back now and then.", "clock/never-back", () => ({
    clock: (clock) => {
      const now = clock.now.bind(clock);
      let calls = 0;
      clock.now = () => {
        calls += 1;
        return (calls % everyCalls === 0 ? now() - backNs : now()) as Nanoseconds;
      };
    },
  })),
  mutant("loss-not-told", "A master that is lost is told as locked.", "clock/loss-is-told", () => ({
    clock: (clock) => {
      if (!(clock instanceof DisciplinedClock)) return;
      const health = clock.health.bind(clock);
      clock.health = () => ({ ...health(), state: "locked" });
    },
  })),
  mutant(
    "alarm-not-told",
    "A clock that is seconds off its master says nothing.",
    "clock/alarm-is-told",
    () => ({
      clock: (clock) => {
        const health = clock.health.bind(clock);
        clock.health = () => ({ ...health(), alarm: false });
      },
    }),
  ),
  mutant(
    "step-followed",
    "A clock on air steps to a master that was set forward.",
    "clock/slews-gently",
    () => ({
      clock: (clock) => {
        if (!(clock instanceof DisciplinedClock)) return;
        const exchange = clock.exchange.bind(clock);
        clock.exchange = (heard) => {
          const verdict = exchange(heard);
          if (clock.health().alarm && clock.health().offsetNs > 0n) clock.resync();
          return verdict;
        };
      },
    }),
  ),
  mutant(
    "master-misread",
    "A clock takes its master for later than it is.",
    "clock/follows-its-master",
    () => ({
      clock: (clock) => {
        if (!(clock instanceof DisciplinedClock)) return;
        const exchange = clock.exchange.bind(clock);
        clock.exchange = (heard) =>
          exchange({
            ...heard,
            masterSent: (heard.masterSent + misreadNs) as Nanoseconds,
            masterReceived: (heard.masterReceived + misreadNs) as Nanoseconds,
          });
      },
    }),
  ),
];
