import { readdirSync, readFileSync, statSync } from "node:fs";
import type { CampaignEngine } from "../faults/campaign-engine.ts";

/** What one process holds. */
export interface ProcessSample {
  readonly pid: number;
  readonly role: "engine" | "worker" | "renderer" | "other";
  /** Heaps, stacks and whatever else is its own. Buses and libraries that it has mapped are shared, and bounded by their size. */
  readonly ownBytes: number;
  readonly threads: number;
  readonly descriptors: number;
}

/** All of an engine at one moment. */
export interface EngineSample {
  readonly hours: number;
  readonly processes: readonly ProcessSample[];
  /** Objects of the engine's buses in shared memory, and the memory that is behind them. */
  readonly busObjects: number;
  readonly busBytes: number;
}

/** Looks at all processes of an engine, and at its objects in shared memory. */
export function sampleOf(engine: CampaignEngine, prefix: string, hours: number): EngineSample {
  const processes = engine.processes().flatMap((pid) => {
    const one = processSample(pid, pid === engine.pid);
    return one === undefined ? [] : [one];
  });
  const objects = readdirSync("/dev/shm").filter((name) => name.startsWith(`${prefix}.`));
  const busBytes = objects.reduce((sum, name) => sum + bytesOf(`/dev/shm/${name}`), 0);
  return { hours, processes, busObjects: objects.length, busBytes };
}

function processSample(pid: number, isEngine: boolean): ProcessSample | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const number = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    const role = isEngine
      ? "engine"
      : command.includes("worker-main")
        ? "worker"
        : command.includes("render-main")
          ? "renderer"
          : "other";
    return {
      pid,
      role,
      ownBytes: number("RssAnon") * 1_024,
      threads: number("Threads"),
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
    };
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

/** Bytes of memory behind an object; 0 where it is gone. */
function bytesOf(path: string): number {
  try {
    return statSync(path).blocks * 512;
  } catch {
    return 0;
  }
}
