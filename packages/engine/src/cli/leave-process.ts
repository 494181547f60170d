import { nanosecondsFromMs, type Timer } from "@retrovue/core";
import { ProcessHold } from "../clock/process-hold.js";

/** Calls that are about to come back are waited for: so many times this long. An engine has its 5 s to keep; a command has time. */
const graceNs = nanosecondsFromMs(20);
const looksMax = { engine: 15, command: 100 } as const;

/**
 * True while a call to a file system has not come back. `process.exit` joins Node's threads for such calls, so that it would wait for
 * one on a share whose server is gone, for ever.
 */
const isHeld = (): boolean => process.getActiveResourcesInfo().some((name) => name.startsWith("FSReq"));

/**
 * Ends the process with this exit code, whatever is still open. Where a file system holds one of its threads, it ends by a signal
 * instead, as the shell's 143 (SIGTERM, which service managers take for a clean end) in place of 0, and 137 (SIGKILL) of any other. The
 * first process of a container, whom the kernel spares those, ends by an abort, which is a crash to whoever looks (139 or 134).
 */
export async function leaveProcess(code: number, timer: Timer): Promise<never> {
  using _hold = new ProcessHold();
  if (!(await staysHeld(timer, looksMax.engine))) process.exit(code);
  return await leaveBySignal(code, timer);
}

/**
 * Lets the process end with this exit code once what is open is done, as output to a pipe. Where a file system holds one of its
 * threads, that would be never: then it ends as by `leaveProcess`.
 */
export async function endProcess(code: number, timer: Timer): Promise<void> {
  using _hold = new ProcessHold();
  process.exitCode = code;
  if (!(await staysHeld(timer, looksMax.command))) return;
  const written = [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => stream.write("", () => resolve())),
  );
  await Promise.all(written);
  await leaveBySignal(code, timer);
}

async function staysHeld(timer: Timer, looks: number): Promise<boolean> {
  for (let look = 0; isHeld() && look < looks; look++)
    await new Promise<void>((resolve) => timer.after(graceNs, resolve));
  return isHeld();
}

async function leaveBySignal(code: number, timer: Timer): Promise<never> {
  const signal = code === 0 ? "SIGTERM" : "SIGKILL";
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // The signal is taken before anything else here is, but the first process of a container hears none of its own.
  await new Promise<void>((resolve) => timer.after(graceNs, resolve));
  process.abort();
}
