import { houseAt, type Nanoseconds, nanosecondsFromMs, PlayoutError } from "@retrovue/core";
import { ensure, equal, rejects } from "../framework/check.js";
import { type ContractOptions, declareSuite } from "../framework/declare-suite.js";
import { defineSuite, type Rule, type SetUp } from "../framework/rule.js";
import type { ClockSubject } from "./clock-subject.js";

const ms = nanosecondsFromMs;

/** House time that much after now. */
const later = ({ clock }: ClockSubject, length: number): Nanoseconds =>
  (clock.now() + ms(length)) as Nanoseconds;

const neverAdjusted = ({ adjust }: ClockSubject) =>
  adjust === undefined ? "the mapping of this clock never changes" : undefined;

const rules: readonly Rule<ClockSubject>[] = [
  {
    id: "clock/now-never-steps-back",
    reason: "A tick that comes twice airs twice: whatever the source does, house time only goes forward.",
    check: async (subject) => {
      let latest = subject.clock.now();
      for (let round = 0; round < 6; round++) {
        for (let look = 0; look < 3; look++) {
          const now = subject.clock.now();
          ensure(now >= latest, `${now} is not before ${latest}`);
          latest = now;
          await subject.pass(ms(2));
        }
        if (round < 3) await subject.adjust?.();
      }
    },
  },
  {
    id: "clock/sleep-is-never-early",
    reason: "Whoever wakes early shows a tick before its time, or spins until it has come.",
    check: async (subject, signal) => {
      const { clock } = subject;
      const early: bigint[] = [];
      const sleeps = [1, 3, 3, 7, 10, 15].map(async (length) => {
        const at = later(subject, length);
        await clock.sleepUntil(at, signal);
        if (clock.now() < at) early.push(at - clock.now());
      });
      for (let n = 0; n < 10; n++) await subject.pass(ms(2));
      await Promise.all(sleeps);
      equal(early, [], "nanoseconds too early");
    },
  },
  {
    id: "clock/sleep-ends-when-its-time-has-come",
    reason: "A sleeper that is forgotten is a tick that never airs.",
    check: async (subject, signal) => {
      let woken = 0;
      const sleeps = Array.from({ length: 200 }, async (_, n) => {
        await subject.clock.sleepUntil(later(subject, n % 20), signal);
        woken++;
      });
      await subject.pass(ms(25));
      await Promise.all(sleeps);
      equal(woken, 200, "sleepers woken");
    },
  },
  {
    id: "clock/sleepers-wake-in-the-order-of-their-times",
    reason: "A deadline that is handled after a later one turns causes and effects around.",
    check: async (subject, signal) => {
      const order: number[] = [];
      const start = subject.clock.now();
      const sleeps = [9, 2, 7, 4, 2.5, 11].map(async (length) => {
        const at = (start + BigInt(length * 1_000_000)) as Nanoseconds;
        await subject.clock.sleepUntil(at, signal);
        order.push(length);
      });
      await subject.pass(ms(20));
      await Promise.all(sleeps);
      equal(order, [2, 2.5, 4, 7, 9, 11], "the order of waking");
    },
  },
  {
    id: "clock/past-time-does-not-wait",
    reason: "A loop that is late asks for times past and must go on at once, even where time stands still.",
    check: async ({ clock }, signal) => {
      let settled = false;
      const sleep = clock.sleepUntil((clock.now() - 1n) as Nanoseconds, signal).then(() => {
        settled = true;
      });
      ensure(!settled, "it does not resolve within the call");
      await sleep;
      await clock.sleepUntil(0n as Nanoseconds, signal);
      await clock.sleepUntil(clock.now(), signal);
    },
  },
  {
    id: "clock/aborted-sleep-is-cancelled",
    reason: "Every wait can be given up; the others sleep on.",
    check: async (subject, signal) => {
      const { clock } = subject;
      await rejects(clock.sleepUntil(later(subject, 5), AbortSignal.abort()), "Cancelled", "aborted before");
      const past = clock.sleepUntil(clock.now(), AbortSignal.abort());
      await rejects(past, "Cancelled", "aborted before, for a time past");
      const abort = new AbortController();
      const given = rejects(clock.sleepUntil(later(subject, 5), abort.signal), "Cancelled", "aborted asleep");
      const other = clock.sleepUntil(later(subject, 5), signal);
      abort.abort();
      await given;
      await subject.pass(ms(10));
      await other;
    },
  },
  {
    id: "clock/aborted-sleep-says-why",
    reason:
      "A caller that aborts with an error of its own finds that one in the log, not a second one that hides it.",
    check: async (subject) => {
      const abort = new AbortController();
      const why = new PlayoutError("WorkerLost", "The worker died.");
      const sleep = rejects(
        subject.clock.sleepUntil(later(subject, 50), abort.signal),
        "WorkerLost",
        "the sleep",
      );
      abort.abort(why);
      equal((await sleep) === why, true, "it is the very error");
    },
  },
  {
    id: "clock/closing-wakes-everyone",
    reason: "At the end nobody may be left waiting for a time that nobody keeps.",
    notApplicable: ({ clock }) => (Symbol.dispose in clock ? undefined : "this clock cannot be closed"),
    check: async (subject, signal) => {
      const { clock } = subject;
      const asleep = rejects(
        clock.sleepUntil(later(subject, 60_000), signal),
        "Closed",
        "a sleep at the end",
      );
      clock[Symbol.dispose]?.();
      await asleep;
      await rejects(clock.sleepUntil(later(subject, 1), signal), "Closed", "a sleep after the end");
      clock[Symbol.dispose]?.();
      ensure(typeof clock.now() === "bigint", "now() goes on");
    },
  },
  {
    id: "clock/mapping-tells-house-time",
    reason:
      "Workers, readers and the committer know house time from the mapping alone: it must be the same time.",
    check: async (subject) => {
      const { clock } = subject;
      for (let n = 0; n < 5; n++) {
        const mapping = clock.mapping();
        const from = houseAt(mapping, subject.monotonic());
        const now = clock.now();
        const to = houseAt(mapping, subject.monotonic());
        if (clock.mapping().sequence === mapping.sequence) {
          ensure(from <= now && now <= to, `now() is ${now}, the mapping says ${from} to ${to}`);
        }
        await subject.pass(ms(3));
      }
    },
  },
  {
    id: "clock/change-of-mapping-is-told",
    reason:
      "Every process follows the mapping: one change not told, and two of them disagree on what is on air.",
    notApplicable: neverAdjusted,
    check: async (subject) => {
      const { clock } = subject;
      const told: number[] = [];
      const removed: number[] = [];
      const listening = clock.onMapping((mapping) => {
        equal(mapping, clock.mapping(), "the mapping told");
        told.push(mapping.sequence);
      });
      const other = clock.onMapping((mapping) => removed.push(mapping.sequence));
      const before = clock.mapping().sequence;
      await subject.adjust?.();
      const between = clock.mapping().sequence;
      ensure(between > before, "the sequence rises with a change");
      other[Symbol.dispose]();
      const heard = removed.length;
      await subject.adjust?.();
      ensure(clock.mapping().sequence > between, "it rises with the next one");
      equal(told.at(-1), clock.mapping().sequence, "the last change told");
      equal(
        told,
        [...new Set(told)].sort((a, b) => a - b),
        "changes told, each once and in order",
      );
      equal(removed.length, heard, "changes told to a listener that was removed");
      listening[Symbol.dispose]();
    },
  },
  {
    id: "clock/sleepers-follow-the-mapping",
    reason:
      "A sleeper waits for house time, not for a timer: when the mapping bends, its waking bends along.",
    notApplicable: neverAdjusted,
    check: async (subject, signal) => {
      const at = later(subject, 40);
      let wokenAt: bigint | undefined;
      const sleep = subject.clock.sleepUntil(at, signal).then(() => {
        wokenAt = subject.clock.now();
      });
      for (let n = 0; n < 4; n++) {
        await subject.adjust?.();
        ensure(wokenAt === undefined || wokenAt >= at, "nobody is woken early by a change");
      }
      await subject.pass(ms(60));
      await sleep;
      ensure(wokenAt !== undefined && wokenAt >= at, "it woke at its time");
    },
  },
  {
    id: "clock/health-is-plausible",
    reason:
      "Alarms and dashboards read it: every field has its unit and range, and an alarm is not the normal state.",
    check: async (subject) => {
      await subject.adjust?.();
      const health = subject.clock.health();
      ensure(health.source.length > 0, "it names its source");
      ensure(["free-run", "locked", "holdover"].includes(health.state), `"${health.state}" is a state`);
      ensure(typeof health.offsetNs === "bigint", "the offset is in nanoseconds");
      ensure(Math.abs(health.driftPpm) <= 500, "the drift is that of a crystal");
      ensure(health.jitterNsP95 >= 0n, "jitter is not negative");
      ensure(Number.isSafeInteger(health.corrections) && health.corrections >= 0, "corrections are counted");
      equal(health.alarm, false, "the alarm");
    },
  },
];

/** All rules of a clock. */
export const clockSuite = defineSuite<ClockSubject>("clock", rules);

/** What the clock suite is run with. */
export interface ClockContractOptions extends ContractOptions {
  /** Called once for each rule. */
  readonly open: SetUp<ClockSubject>;
}

/** Declares the rules of a clock as tests. */
export function clockContract(options: ClockContractOptions): void {
  declareSuite(clockSuite, options.open, options);
}
