import { DisciplinedClock, type HostTime, nanosecondsFromMs, SystemClock } from "@retrovue/core";
import type { VirtualHost } from "../host/virtual-host.js";
import type { Random } from "../random.js";
import { SimulatedMaster } from "./simulated-master.js";

/** How often the master asks. */
const askEveryNs = nanosecondsFromMs(1_000);

/** Silence after which a master counts as lost. Short, so that a world of minutes sees it. */
export const holdoverAfterNs = nanosecondsFromMs(10_000);

/** A scheduler whose clock somebody sets by hand may be off by seconds: far beyond what slewing closes in a world's life. */
const masterStepMsMax = 5_500;

/** What can be done to a clock. */
export type ClockAct = "step-utc" | "step-master" | "silence" | "resync";

/** A world's clock and what it follows: the host's UTC that is stepped, or a master over a bad network. */
export class Clockwork {
  readonly clock: SystemClock | DisciplinedClock;
  readonly host: VirtualHost;
  readonly random: Random;
  readonly master: SimulatedMaster | undefined;
  /** When the master was last stepped or silent: until some time after that the clock may be off. */
  upsetUntil: bigint = 0n;
  /** Since when, by the monotonic clock, nothing is heard from the master; undefined while it is. */
  silentSince: bigint | undefined;
  #silentUntil = 0n;
  /** Since when, by the monotonic clock, the master is heard and was not stepped. */
  #soundSince = 0n;
  #steppedMs = 0;
  #isClosed = false;

  /** @param seen the host as the clock sees it */
  constructor(host: VirtualHost, random: Random, follows: "utc" | "master", seen: HostTime) {
    this.host = host;
    this.random = random;
    this.#soundSince = host.monotonic();
    if (follows === "utc") {
      this.clock = new SystemClock(seen);
      return;
    }
    const clock = new DisciplinedClock(seen, { holdoverAfterNs });
    const master = new SimulatedMaster(host, random);
    this.clock = clock;
    this.master = master;
    const ask = () => {
      if (this.#isClosed) return;
      master.ask((exchange) => clock.exchange(exchange));
      host.timer.after(askEveryNs, ask);
    };
    ask();
  }

  /** Does something to the clock; tells what, and how far house time jumped by it. */
  act(): { readonly act: ClockAct; readonly what: string; readonly jumpedNs: bigint } {
    const { host, random, master, clock } = this;
    if (master === undefined || !(clock instanceof DisciplinedClock)) {
      if (random.chance(25)) return this.#resync();
      const ms = this.#stepTo(random.int(-4_000, 4_000));
      host.stepUtc(BigInt(ms) * 1_000_000n);
      return { act: "step-utc", what: `the host's UTC clock is stepped by ${ms} ms`, jumpedNs: 0n };
    }
    const choice = random.weighted([
      [3, "step-utc"],
      [2, "step-master"],
      [2, "silence"],
      [2, "resync"],
    ] as const);
    if (choice === "resync") return this.#resync();
    if (choice === "step-utc") {
      // Nothing that follows a master may care.
      host.stepUtc(BigInt(random.int(-5_000, 5_000)) * 1_000_000n);
      return { act: choice, what: "the host's UTC clock is stepped", jumpedNs: 0n };
    }
    if (choice === "step-master") {
      const ms = this.#stepTo(random.int(-masterStepMsMax, masterStepMsMax));
      this.#soundSince = host.monotonic();
      master.step(BigInt(ms) * 1_000_000n);
      this.upsetUntil = host.monotonic() + 3_600_000_000_000n;
      return { act: choice, what: `the master's clock is stepped by ${ms} ms`, jumpedNs: 0n };
    }
    const ms = random.int(2_000, 40_000);
    const now = host.monotonic();
    const until = now + BigInt(ms) * 1_000_000n;
    if (!master.isSilent) this.silentSince = now;
    master.isSilent = true;
    if (until > this.#silentUntil) this.#silentUntil = until;
    // It takes some exchanges until the line is straight again.
    if (this.upsetUntil < until + 15_000_000_000n) this.upsetUntil = until + 15_000_000_000n;
    host.timer.after(nanosecondsFromMs(ms), () => {
      if (host.monotonic() < this.#silentUntil) return;
      master.isSilent = false;
      this.silentSince = undefined;
      this.#soundSince = host.monotonic();
    });
    return { act: choice, what: `the master is silent for ${ms} ms`, jumpedNs: 0n };
  }

  /** House time minus the master's, however far that is; undefined without one, and where it was not heard undisturbed for so long. */
  offMasterNs(heardForNs: bigint): bigint | undefined {
    const { master, host, clock } = this;
    const now = host.monotonic();
    if (master === undefined || master.isSilent || now - this.#soundSince < heardForNs) return undefined;
    return clock.now() - master.at(now);
  }

  /** House time minus the master's, where there is one and the clock has had time to learn it. */
  errorNs(): bigint | undefined {
    const { master, host, clock } = this;
    if (master === undefined || host.monotonic() < this.upsetUntil) return undefined;
    return clock.now() - master.at(host.monotonic());
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.clock[Symbol.dispose]();
  }

  /** The step that leads to `ms` off where the source began: steps do not add up for ever. */
  #stepTo(ms: number): number {
    const step = ms - this.#steppedMs;
    this.#steppedMs = ms;
    return step;
  }

  /** An operator orders house time forward to its source, if it is behind. */
  #resync(): { readonly act: ClockAct; readonly what: string; readonly jumpedNs: bigint } {
    const before = this.clock.now();
    try {
      this.clock.resync();
    } catch {
      return {
        act: "resync",
        what: "a resync is refused: house time is ahead, or has no source",
        jumpedNs: 0n,
      };
    }
    const jumpedNs = this.clock.now() - before;
    return { act: "resync", what: `a resync sets house time forward by ${jumpedNs / 1_000n} µs`, jumpedNs };
  }
}
