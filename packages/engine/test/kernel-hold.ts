import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** PTRACE_SEIZE of linux/ptrace.h: attaches without stopping. Whoever attached hears of the end first, and here never asks. */
const tracer = `
import ctypes, sys
libc = ctypes.CDLL(None)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long
print("held" if libc.ptrace(0x4206, int(sys.argv[1]), None, None) == 0 else "refused", flush=True)
sys.stdin.read()
`;

/**
 * Keeps a process from ending once it is killed: nothing of it runs any more, and its parent hears of no end, as where a thread
 * of it waits in the kernel for a share that does not answer. Disposal lets it go.
 */
export class KernelHold implements Disposable {
  readonly #tracer: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#tracer = process;
  }

  /** Undefined where one process may not trace another, as in some containers. */
  static async on(pid: number): Promise<KernelHold | undefined> {
    const process = spawn("python3", ["-c", tracer, String(pid)], { stdio: ["pipe", "pipe", "inherit"] });
    const hold = new KernelHold(process);
    const said = await Promise.race([once(process.stdout, "data"), once(process, "exit")]).catch(() => []);
    if (String(said[0]).trim() === "held") return hold;
    hold[Symbol.dispose]();
    return undefined;
  }

  [Symbol.dispose](): void {
    this.#tracer.stdin?.end();
  }
}
