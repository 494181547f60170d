import { PlayoutError } from "@retrovue/core";

/**
 * What the module of a process that the engine forks does first. Such a process is of no use without an engine: when the channel
 * to it closes, for whatever reason, it is gone at once. While its event loop waits or stands still only the kernel can end it, which
 * the sandbox asks for (`parentDeath`).
 *
 * @param who for people: "worker", "render process"
 */
export function beginProcess(who: string): void {
  if (process.send === undefined)
    throw new PlayoutError("WrongState", `A ${who} is started by an engine, not by hand.`);
  // Ctrl-C on a terminal goes to the whole group; only the engine decides when it ends.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {});
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
}

/** Says something to the engine. An engine that is gone hears nothing; `onSent` is called either way. */
export function sayToEngine(message: object, onSent: () => void = () => {}): void {
  process.send?.(message, undefined, undefined, onSent);
}

/** Waits for the process's work to end, however it does. */
export async function endProcess(ended: Promise<void>): Promise<void> {
  try {
    await ended;
  } catch {
    // The engine was told why.
    process.exitCode = 1;
  }
}

/** The last thing: nothing keeps the process any more. */
export function leaveEngine(): void {
  process.removeAllListeners("disconnect");
  process.disconnect();
}
