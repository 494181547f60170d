import type { Nanoseconds, Tick } from "@retrovue/core";
import { type Clockwork, holdoverAfterNs } from "../world/clockwork.js";
import { Violation } from "./violation.js";

/** How close a clock is to its master once it has settled: what asymmetry of the network can hide from it. */
const followsWithinNs = 6_000_000n;

/** Parts per billion that house time may run off CLOCK_MONOTONIC (timing.md: 500 ppm). */
const slewPpbMax = 500_000n;

/** The host may have stood still when the loss should have been noticed. */
const toldWithinNs = 2_000_000_000n;

/** Until a master that was stepped is believed: three exchanges that agree, one a second and some of them lost. */
const believedAfterNs = 12_000_000_000n;

/** An error is told as an alarm from here on (timing.md: beyond 1 s), and as none up to here: what the network hides lies between. */
const alarmNs = 1_020_000_000n;
const noAlarmNs = 980_000_000n;

/** How often an alarm is looked for: the clock's health is dear to ask at each step, and changes once a second at most. */
const alarmEveryNs = 1_000_000_000n;

/** After start, until a clock must have settled. */
const settledAfterNs = 45_000_000_000n;

/** Holds house time against its promises: it never steps back, is slewed at 500 ppm at most, and follows its master. */
export class ClockChecker {
  readonly #work: Clockwork;
  readonly #startedAt: bigint;
  #mono: Nanoseconds;
  #house: Nanoseconds;
  #alarmAt: bigint;

  constructor(work: Clockwork) {
    this.#work = work;
    this.#mono = work.host.monotonic();
    this.#house = work.clock.now();
    this.#startedAt = this.#mono;
    this.#alarmAt = this.#mono;
  }

  /** House time was set forward by order. */
  jumped(): void {
    this.#mono = this.#work.host.monotonic();
    this.#house = this.#work.clock.now();
  }

  /** @param tick the tick on the bus by now, to say where */
  look(tick: Tick): void {
    const mono = this.#work.host.monotonic();
    const house = this.#work.clock.now();
    const passed = mono - this.#mono;
    const told = house - this.#house;
    if (told < 0n) throw new Violation("clock/never-back", tick, `House time went back by ${-told} ns.`);
    const allowed = (passed * slewPpbMax) / 1_000_000_000n + 2n;
    if (told - passed > allowed || passed - told > allowed) {
      throw new Violation(
        "clock/slews-gently",
        tick,
        `House time moved by ${told} ns while ${passed} ns passed; 500 ppm are allowed.`,
      );
    }
    this.#mono = mono;
    this.#house = house;
    this.#checkHealth(tick, mono);
    this.#checkAlarm(tick, mono);
    if (mono - this.#startedAt < settledAfterNs) return;
    const error = this.#work.errorNs() ?? 0n;
    if (error > followsWithinNs || error < -followsWithinNs) {
      throw new Violation("clock/follows-its-master", tick, `It is off by ${error / 1_000n} µs.`);
    }
  }

  /** A master that is more than a second off is an alarm: slewing would take half an hour and more. */
  #checkAlarm(tick: Tick, mono: Nanoseconds): void {
    if (mono < this.#alarmAt) return;
    this.#alarmAt = mono + alarmEveryNs;
    const off = this.#work.offMasterNs(believedAfterNs);
    if (off === undefined) return;
    const { alarm } = this.#work.clock.health();
    const by = off < 0n ? -off : off;
    if (by > alarmNs && !alarm)
      throw new Violation(
        "clock/alarm-is-told",
        tick,
        `It is off by ${off / 1_000_000n} ms without an alarm.`,
      );
    if (by < noAlarmNs && alarm)
      throw new Violation("clock/alarm-is-told", tick, `An alarm is told at ${off / 1_000_000n} ms.`);
  }

  /** A master that has fallen silent is told as lost. */
  #checkHealth(tick: Tick, mono: Nanoseconds): void {
    const { silentSince, clock } = this.#work;
    if (silentSince === undefined || mono - silentSince <= holdoverAfterNs + toldWithinNs) return;
    const { state } = clock.health();
    if (state !== "holdover") {
      const ms = (mono - silentSince) / 1_000_000n;
      throw new Violation("clock/loss-is-told", tick, `Silent for ${ms} ms, the master is told as ${state}.`);
    }
  }
}
