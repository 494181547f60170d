import type { Clock } from "../../clock/clock.js";
import { PlayoutError } from "../../errors/playout-error.js";
import type { Nanoseconds } from "../../time/units.js";
import type { FaultMove } from "./fault-script.js";

/** Makes a move: resolves where the call's own work follows, rejects or stays pending where it does not. */
export async function makeMove(
  move: FaultMove | undefined,
  clock: Clock,
  onCrash: () => void,
  signal: AbortSignal,
): Promise<void> {
  switch (move?.kind) {
    case undefined:
      return;
    case "late":
      return clock.sleepUntil((clock.now() + move.byNs) as Nanoseconds, signal);
    case "stuck":
      return untilAborted(signal);
    case "deaf":
      return forEver();
    case "crash":
      onCrash();
      return forEver();
    case "reject":
      throw new PlayoutError(move.code, `The script has this call fail with ${move.code}.`);
  }
}

const forEver = (): Promise<never> => new Promise(() => {});

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const stop = () => reject(PlayoutError.from(signal.reason, "Cancelled"));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
