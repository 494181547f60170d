import { type Nanoseconds, nanosecondsFromMs } from "@retrovue/core";
import { NodeHostTime } from "../../src/clock/node-host-time.ts";

const host = new NodeHostTime();

/** UTC, nanoseconds since the Unix epoch: house time of an engine on the system's clock. */
export const utcNow = (): Nanoseconds => host.utc();

/** Lets real time pass: for those who watch processes, which wait for nobody. */
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => void host.timer.after(nanosecondsFromMs(ms), resolve));

/** Counts real time from when it is made, against what never comes. */
export class Elapsed {
  readonly #from = host.monotonic();

  /** With a fraction. */
  get ms(): number {
    return Number(host.monotonic() - this.#from) / 1e6;
  }
}
