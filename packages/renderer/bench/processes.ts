import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** CPU time in /proc comes in hundredths of a second on Linux (sysconf(_SC_CLK_TCK)). */
const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** A program under measurement, with all processes that it starts. */
export class MeasuredProgram implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  constructor(program: string, args: readonly string[], cwd: string) {
    this.#child = spawn(program, args, { cwd, stdio: "ignore" });
    this.#ended = new Promise((resolve) => this.#child.once("close", () => resolve()));
  }

  /** True until it ends. */
  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** CPU seconds of all its living processes, user and system, and of those that they waited for. */
  cpuSeconds(): number {
    const children = childrenByParent();
    const pids = [this.#child.pid ?? 0];
    for (const pid of pids) pids.push(...(children.get(pid) ?? []));
    return pids.reduce((sum, pid) => sum + ticksOf(pid), 0) / ticksPerSecond;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) this.#child.kill("SIGTERM");
    await this.#ended;
  }
}

function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name may hold anything; what counts begins behind it.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

/** utime, stime, cutime and cstime (proc(5)). */
const ticksOf = (pid: number): number =>
  statOf(pid)
    .slice(11, 15)
    .reduce((sum, ticks) => sum + Number(ticks), 0);

function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = Number(statOf(pid)[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  return children;
}
