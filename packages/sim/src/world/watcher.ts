import { type BusAddress, type FrameBus, type FrameLease, standInReasons } from "@retrovue/core";
import type { Checker } from "../check/checker.js";
import { Violation } from "../check/violation.js";

/** What a watcher watches with. */
export interface WatcherOptions {
  readonly bus: FrameBus;
  readonly address: BusAddress;
  readonly checker: Checker;
  /** Sees each tick before it is checked. */
  readonly onTick: (lease: FrameLease) => void;
  /** Hears what the checker throws: with that the watch has ended. */
  readonly onThrown: (thrown: unknown) => void;
}

/** Reads every tick the moment it is committed, has it checked, and sums up all that aired in one number. */
export class Watcher {
  readonly #options: WatcherOptions;
  /** Of all that was seen: equal for equal runs. */
  fingerprint = 0;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /** Watches until the signal aborts or a promise is broken. */
  async run(signal: AbortSignal): Promise<void> {
    const { bus, address, checker, onTick, onThrown } = this.#options;
    await using reader = await bus.openReader(address, { name: "checker" }, signal);
    try {
      for (;;) {
        const lease = await reader.next(signal);
        if (lease.overrun)
          throw new Violation("tick/none-missing", lease.tick, "The checker itself was overrun.");
        this.#note(lease);
        onTick(lease);
        checker.see(lease);
        lease.release();
      }
    } catch (thrown) {
      if (!signal.aborted) onThrown(thrown);
    }
  }

  #note({ tick, meta }: FrameLease): void {
    this.#mix(tick);
    this.#mix(Number(meta.mediaTime ?? -1n));
    this.#mix(meta.silentSamples);
    this.#mix(meta.planRevision * 64 + standInReasons[meta.standInReason]);
  }

  /** FNV-1a over the halves of a number. */
  #mix(value: number): void {
    const low = Math.imul(this.fingerprint ^ (value % 0x1_0000_0000), 0x0100_0193);
    const both = Math.imul(low ^ Math.floor(value / 0x1_0000_0000), 0x0100_0193);
    this.fingerprint = both >>> 0;
  }
}
