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

/**
 * By when in the whole end, in hundredths of it, the next phase begins though this one is not done: what one part takes too long for is
 * not taken from what others need. Within it transports give calls 1 s (control/serve-control.ts), outputs give renderers 1.5 s
 * (render/render-supervisor.ts), channels give workers 1 s (core, supervision/channel-supervisor.ts).
 */
export const phaseEnds: Readonly<Record<TeardownPhase, number>> = {
  health: 5,
  transports: 27,
  outputs: 63,
  channels: 92,
  decoders: 96,
  telemetry: 100,
  clock: 100,
};

/** What of it calls that run may take to end. */
export const callsNsMax = nanosecondsFromMs(1_000);

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
 * each phase
 * has its share of 5 s (`phaseEnds`): from then on nothing is waited for.
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

  /** Registers what is to be closed, as soon as it is open. `Closed` once the end has begun: it is closed at once. */
  add(phase: TeardownPhase, name: string, close: () => unknown): void {
    if (this.#closing !== undefined) {
      void this.#close({ name, close });
      throw new PlayoutError("Closed", `${name} was opened while the engine closed.`);
    }
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
    const begun: Promise<void>[] = [];
    using timers = new DisposableStack();
    const ends = teardownPhases.map((phase) => {
      const end = Promise.withResolvers<void>();
      const after = ((limit * BigInt(phaseEnds[phase])) / 100n) as Nanoseconds;
      timers.use(this.#host.timer.after(after, () => end.resolve()));
      return end.promise;
    });
    for (const [index, phase] of teardownPhases.entries()) {
      const steps = (this.#steps.get(phase) ?? []).toReversed().map(async ({ name, close }) => {
        unfinished.add(name);
        if (!(await this.#close({ name, close }))) failed.push(name);
        unfinished.delete(name);
      });
      begun.push(...steps);
      await Promise.race([Promise.all(steps), ends[index]]);
    }
    // Those that were left behind have the rest of the time.
    await Promise.race([Promise.all(begun), ends.at(-1)]);
    for (const name of unfinished) this.#log.error({ part: name }, "a part did not close in time");
    return { failed, unfinished: [...unfinished] };
  }

  /** False where it failed, which is told. */
  async #close({ name, close }: Step): Promise<boolean> {
    try {
      await close();
      return true;
    } catch (thrown) {
      this.#log.error({ err: thrown, part: name }, "a part did not close cleanly");
      return false;
    }
  }
}
