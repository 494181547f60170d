import type { ChildProcess } from "node:child_process";
import { nanosecondsFromMs, type Timer } from "@retrovue/core";
import { NodeHostTime } from "../clock/node-host-time.js";

/**
 * How long a killed process may take to end. Giving back its memory takes some tens of milliseconds; with what a phase of the
 * engine's end has before it kills (1.5 s at most) it stays within the 5 s of the whole (docs/teardown.md).
 */
const endNsMax = nanosecondsFromMs(500);

/**
 * No more of them are given up at one time: each keeps its memory (some 200 MB of a worker) until the kernel lets go of it, and
 * one that is replaced may be followed by one that is held at the same place.
 */
const heldMax = 32;

/** What is said of such a process in place of the signal: whether the kernel holds it or only takes its time cannot be told. */
export const heldByKernel = "SIGKILL, and has not ended";

/**
 * Killed processes that do not end. A thread that waits in the kernel for a disk or a share that does not answer hears of no
 * signal, and the process ends no sooner than that thread. But nothing of it runs any more: no instruction of a process is
 * carried out between its SIGKILL and its end. So whoever looks after it goes on without it.
 */
export class HeldProcesses {
  readonly #timer: Timer;
  readonly #heldMax: number;
  readonly #held = new Set<ChildProcess>();

  constructor(timer: Timer, most: number = heldMax) {
    this.#timer = timer;
    this.#heldMax = most;
  }

  /**
   * Has `child` emit `exit` 500 ms after it was killed by SIGKILL, with `heldByKernel` in place of the signal, where its end has not come by then. What
   * comes later is told to nobody, and neither the process nor its pipes keep the engine from ending.
   */
  giveUpOnceKilled(child: ChildProcess): ChildProcess {
    const kill = child.kill.bind(child);
    let waiting: Disposable | undefined;
    const end = () => {
      waiting?.[Symbol.dispose]();
      this.#held.delete(child);
    };
    child.once("exit", end);
    const giveUp = () => {
      waiting = undefined;
      if (hasEnded(child) || this.#held.has(child)) return;
      if (this.#held.size >= this.#heldMax) {
        // Whoever waits for it may have killed it for the last time: it is given up when another one is let go.
        waiting = this.#timer.after(endNsMax, () => setImmediate(giveUp));
        return;
      }
      this.#held.add(child);
      child.off("exit", end);
      child.emit("exit", null, heldByKernel);
      child.removeAllListeners("exit").once("exit", end);
      for (const pipe of child.stdio) pipe?.destroy();
      child.unref();
    };
    child.kill = (signal) => {
      const isSent = kill(signal);
      // An event loop that was held up hears of the end only after its timers.
      if (isSent && signal === "SIGKILL" && !this.#held.has(child))
        waiting ??= this.#timer.after(endNsMax, () => setImmediate(giveUp));
      return isSent;
    };
    return child;
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

/** Of all processes of this engine. */
export const heldProcesses = new HeldProcesses(new NodeHostTime().timer);

/**
 * Why a process ended, in words.
 *
 * @param exit the signal or exit code that it ended by, or `heldByKernel`
 * @param killedFor why the engine killed it; undefined where it did not
 */
export function causeOf(exit: string, killedFor: string | undefined): string {
  if (killedFor === undefined) return exit;
  if (exit === "SIGKILL") return killedFor;
  return exit === heldByKernel ? `${killedFor}, and has not ended` : exit;
}

/** True for an end by SIGKILL, whether the kernel has carried it out or not. */
export const isKill = (exit: string): boolean => exit === "SIGKILL" || exit === heldByKernel;
