import { readdirSync, readFileSync } from "node:fs";
import { defaultProgramFormat, type Nanoseconds } from "@retrovue/core";
import { expect, test } from "vitest";
import { ShmFrameBus } from "../src/index.js";

/** The scheduling policies of this process's committers (proc_pid_stat(5), field 41): 1 is SCHED_FIFO. */
function committerPolicies(): readonly number[] {
  const tasks = "/proc/self/task";
  return readdirSync(tasks)
    .map((thread) => readFileSync(`${tasks}/${thread}/stat`, "utf8"))
    .filter((stat) => stat.includes("(rv-committer)"))
    .map((stat) => Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[38]));
}

test.skipIf(process.platform !== "linux")(
  "bus/whether-the-committer-is-realtime-is-told-as-the-system-has-it",
  async () => {
    const mapping = {
      sequence: 1,
      monoAnchor: 0n as Nanoseconds,
      houseAnchor: 1_800_000_000_000_000_000n as Nanoseconds,
      ratePpb: -1_000_000_000,
    };
    await using committer = await new ShmFrameBus({ prefix: `rvreal-${process.pid}` }).create(
      {
        engineId: "east",
        channelId: 7,
        format: { ...defaultProgramFormat, width: 34, height: 18 },
        leadTicks: 8,
        historyTicks: 6,
        mapping,
      },
      new AbortController().signal,
    );
    // It asks for it before it has its name.
    await expect.poll(() => committerPolicies().length).toBe(1);
    expect(committer.counters().isRealtime).toBe(committerPolicies()[0] === 1);
  },
);
