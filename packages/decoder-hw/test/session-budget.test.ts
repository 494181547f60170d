import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SessionBudget } from "../src/trust/session-budget.js";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const addonPath = here("../build/Release/decoder_hw.node");
const addon = createRequire(import.meta.url)(addonPath) as {
  lockFile(fd: number): boolean;
  isFileLocked(fd: number): boolean;
};

interface Said {
  readonly slots: readonly number[];
  readonly problem?: string;
  readonly child?: number;
}

let folder = "";
const processes: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "slots-"));
});
afterEach(async () => {
  for (const one of processes.splice(0)) await gone(one);
  rmSync(folder, { recursive: true, force: true });
});

/** Begins a process that takes so many of the device's sessions, and waits until it has. */
async function holder(sessionsMax: number, wanted: number, ...more: string[]) {
  const module = here("../src/trust/session-budget.ts");
  const args = [
    here("slot-holder.ts"),
    module,
    addonPath,
    folder,
    String(sessionsMax),
    String(wanted),
    ...more,
  ];
  const child = spawn(process.execPath, ["--no-warnings", ...args], { stdio: ["pipe", "pipe", "inherit"] });
  processes.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { child, said: JSON.parse(line) as Said };
}

/** Kills a process and waits until the kernel has taken back what it had. */
async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

const budgetOf = (sessionsMax: number) =>
  new SessionBudget({
    folder,
    sessionsMax,
    locks: { lock: addon.lockFile, isLocked: addon.isFileLocked },
  });

describe("trust/session budget of a machine", () => {
  test("trust/processes-share-a-device's-sessions-and-a-killed-one-gives-its-own-back", async () => {
    const one = await holder(4, 3);
    const other = await holder(4, 3);
    expect(one.said).toEqual({ slots: [0, 1, 2] });
    expect(other.said).toEqual({ slots: [3] });
    const budget = budgetOf(4);
    expect(budget.tryTake("cuda:0")).toBeUndefined();
    expect(budget.inUse("cuda:0")).toBe(4);
    await gone(one.child);
    expect(budget.inUse("cuda:0")).toBe(1);
    const taken = [1, 2, 3, 4].map(() => budget.tryTake("cuda:0")?.slot);
    expect(taken).toEqual([0, 1, 2, undefined]);
  });

  test("trust/one-that-is-stopped-keeps-what-it-has", async () => {
    const { child } = await holder(1, 1);
    child.kill("SIGSTOP");
    expect(budgetOf(1).tryTake("cuda:0")).toBeUndefined();
    child.kill("SIGCONT");
  });

  test("trust/programs-begun-by-a-holder-do-not-keep-its-sessions", async () => {
    const { child, said } = await holder(1, 1, "child");
    expect(said.child).toBeGreaterThan(0);
    try {
      await gone(child);
      expect(budgetOf(1).tryTake("cuda:0")?.slot).toBe(0);
    } finally {
      process.kill(said.child ?? 0, "SIGKILL");
    }
  });

  test("trust/many-that-come-at-once-get-no-more-than-there-is", async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => holder(5, 2)));
    const slots = all.flatMap(({ said }) => said.slots);
    expect(slots.toSorted()).toEqual([0, 1, 2, 3, 4]);
    await Promise.all(all.map(({ child }) => gone(child)));
    expect(budgetOf(5).inUse("cuda:0")).toBe(0);
  });
});
