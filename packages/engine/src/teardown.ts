import { type HostTime, type Nanoseconds, nanosecondsFromMs, PlayoutError } from "@retrovue/core";
import type { Log } from "./log/log.js";

/** The order of the engine's end (docs/teardown.md). Steps of one phase run side by side, phases one after another. */
export const teardownPhases = [
  "health",
  "transports",
  "outputs",
  "channels",
  "decoders",
  "telemetry",
  "clock",
] as const;

/** What is closed together. */
export type TeardownPhase = (typeof teardownPhases)[number];

/** How long the whole end may take (docs/teardown.md). */
export const teardownNsMax = nanosecondsFromMs(5_000);

interface Step {
  readonly name: string;
  readonly close: () => unknown;
}

/** How an end went. */
export interface TeardownReport {
  /** Steps that failed, by name. */
  readonly failed: readonly string[];
  /** Steps that were not done when time was up. They may still be at it. */
  readonly unfinished: readonly string[];
}

/**
 * Closes an engine's parts in the order of docs/teardown.md. Every step is begun, whether the ones before it failed or hang, and
 * the whole takes 5 s at most: from then on nothing is waited for.
 */
export class Teardown {
  readonly #steps = new Map<TeardownPhase, Step[]>(teardownPhases.map((phase) => [phase, []]));
  readonly #host: Pick<HostTime, "timer">;
  readonly #log: Log;
  #closing: Promise<TeardownReport> | undefined;

  constructor(host: Pick<HostTime, "timer">, log: Log) {
    this.#host = host;
    this.#log = log;
  }

  /** Registers what is to be closed, as soon as it is open. `Closed` once the end has begun: the caller closes it itself. */
  add(phase: TeardownPhase, name: string, close: () => unknown): void {
    if (this.#closing !== undefined)
      throw new PlayoutError("Closed", `${name} was opened while the engine closed.`);
    this.#steps.get(phase)?.push({ name, close });
  }

  /** Never rejects. Idempotent: later calls get the first one's result. */
  close(limit: Nanoseconds = teardownNsMax): Promise<TeardownReport> {
    this.#closing ??= this.#run(limit);
    return this.#closing;
  }

  async #run(limit: Nanoseconds): Promise<TeardownReport> {
    const failed: string[] = [];
    const unfinished = new Set<string>();
    const late = Promise.withResolvers<void>();
    using _timer = this.#host.timer.after(limit, () => late.resolve());
    for (const phase of teardownPhases) {
      const steps = (this.#steps.get(phase) ?? []).toReversed().map(async ({ name, close }) => {
        unfinished.add(name);
        try {
          await close();
        } catch (thrown) {
          failed.push(name);
          this.#log.error({ err: thrown, part: name }, "a part did not close cleanly");
        }
        unfinished.delete(name);
      });
      await Promise.race([Promise.all(steps), late.promise]);
    }
    for (const name of unfinished) this.#log.error({ part: name }, "a part did not close in time");
    return { failed, unfinished: [...unfinished] };
  }
}
