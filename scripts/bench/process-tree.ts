import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** CPU time in /proc comes in hundredths of a second on Linux (sysconf(_SC_CLK_TCK)). */
const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** A process and all that it started, and they. */
export function treeOf(root: number): readonly number[] {
  const pids = [root];
  const children = childrenByParent();
  for (const pid of pids) pids.push(...(children.get(pid) ?? []));
  return pids;
}

/** Of a tree, the processes whose command line names a program; oldest first. */
export const named = (root: number, program: string): readonly number[] =>
  treeOf(root).filter((pid) => textOf(`/proc/${pid}/cmdline`).includes(program));

/** True where a process has a file mapped whose path holds `name`. */
export const maps = (pid: number, name: string): boolean => textOf(`/proc/${pid}/maps`).includes(name);

/** CPU seconds of processes, user and system, and of those that they waited for. */
export const cpuSecondsOf = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + cpuTicksOf(pid), 0) / ticksPerSecond;

/** Bytes of memory of processes; what several share counts by its share for each. */
export const memoryOf = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(textOf(`/proc/${pid}/smaps_rollup`))?.[1];
    return sum + Number(kilobytes ?? 0) * 1_024;
  }, 0);

/** utime, stime, cutime and cstime (proc(5)). */
const cpuTicksOf = (pid: number): number =>
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

function statOf(pid: number): string[] {
  const stat = textOf(`/proc/${pid}/stat`);
  // The name may hold anything; what counts begins behind it.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Empty for a process that is gone. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
