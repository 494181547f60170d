import { readdirSync, readFileSync } from "node:fs";

/** Seconds that this process's threads of one name have computed. */
export function threadSeconds(name: string): number {
  const tasks = "/proc/self/task";
  const named = readdirSync(tasks).filter(
    (id) => readFileSync(`${tasks}/${id}/comm`, "utf8").trim() === name,
  );
  // The first word of schedstat: nanoseconds on a core (Linux: Documentation/scheduler/sched-stats.rst).
  const spent = named.map((id) => Number(readFileSync(`${tasks}/${id}/schedstat`, "utf8").split(" ")[0]));
  return spent.reduce((sum, ns) => sum + ns, 0) / 1e9;
}
