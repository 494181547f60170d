import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FileLocks, SessionBudget } from "./session-budget.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "budget-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const addon = createRequire(import.meta.url)("../../build/Release/decoder_hw.node") as {
  lockFile(fd: number): boolean;
  isFileLocked(fd: number): boolean;
};
const locks: FileLocks = { lock: addon.lockFile, isLocked: addon.isFileLocked };

const budgetOf = (sessionsMax: number, at = join(folder, "slots")) =>
  new SessionBudget({ folder: at, sessionsMax, locks });

describe("trust/session budget", () => {
  test("trust/a-device-gives-as-many-sessions-as-it-may-and-no-more", () => {
    const budget = budgetOf(3);
    const leases = [1, 2, 3].map(() => budget.tryTake("cuda:0"));
    expect(leases.map((lease) => lease?.slot)).toEqual([0, 1, 2]);
    expect(budget.tryTake("cuda:0")).toBeUndefined();
    expect(budget.inUse("cuda:0")).toBe(3);
    // Another device has sessions of its own.
    expect(budget.tryTake("cuda:1")?.device).toBe("cuda:1");
    leases[1]?.[Symbol.dispose]();
    expect(budget.inUse("cuda:0")).toBe(2);
    expect(budget.tryTake("cuda:0")?.slot).toBe(1);
    expect(budget.problem).toBeUndefined();
  });

  test("trust/giving-back-twice-gives-back-once", () => {
    const budget = budgetOf(1);
    const first = budget.tryTake("cuda:0");
    first?.[Symbol.dispose]();
    const second = budget.tryTake("cuda:0");
    // The descriptor's number may well be the second lease's by now.
    first?.[Symbol.dispose]();
    expect(budget.tryTake("cuda:0")).toBeUndefined();
    second?.[Symbol.dispose]();
    expect(budget.inUse("cuda:0")).toBe(0);
  });

  test("trust/two-budgets-over-one-folder-share-it", () => {
    const [one, other] = [budgetOf(2), budgetOf(2)];
    one.tryTake("cuda:0");
    expect(other.tryTake("cuda:0")?.slot).toBe(1);
    expect([one.tryTake("cuda:0"), other.inUse("cuda:0")]).toEqual([undefined, 2]);
  });

  test("trust/nothing-is-left-behind-but-the-slots-themselves", () => {
    const budget = budgetOf(2);
    for (let i = 0; i < 500; i++) budget.tryTake("qsv:/dev/dri/renderD128")?.[Symbol.dispose]();
    expect(readdirSync(join(folder, "slots"))).toEqual(["qsv%3A%2Fdev%2Fdri%2FrenderD128.0"]);
    expect(readdirSync("/proc/self/fd").length).toBeLessThan(200);
  });

  test("trust/without-files-sessions-are-counted-in-this-process-and-it-says-so", () => {
    const at = join(folder, "not-a-folder");
    writeFileSync(at, "");
    const budget = budgetOf(2, at);
    expect(budget.problem).toContain("within this process alone");
    const [first] = [budget.tryTake("cuda:0"), budget.tryTake("cuda:0")];
    expect(budget.tryTake("cuda:0")).toBeUndefined();
    expect(budget.inUse("cuda:0")).toBe(2);
    first?.[Symbol.dispose]();
    expect(budget.tryTake("cuda:0")?.slot).toBe(0);
  });

  test("trust/a-slot-that-is-a-link-is-never-followed", () => {
    const at = join(folder, "slots");
    const budget = budgetOf(1);
    const victim = join(folder, "victim");
    symlinkSync(victim, join(at, "cuda%3A0.0"));
    expect(budget.tryTake("cuda:0")?.slot).toBe(0);
    expect(budget.problem).toBeDefined();
    expect(readdirSync(folder)).toEqual(["slots"]);
  });

  test("trust/a-folder-that-was-taken-away-does-not-stop-anyone", () => {
    const budget = budgetOf(1);
    rmSync(join(folder, "slots"), { recursive: true });
    const lease = budget.tryTake("cuda:0");
    expect(lease?.slot).toBe(0);
    expect(budget.tryTake("cuda:0")).toBeUndefined();
    lease?.[Symbol.dispose]();
    mkdirSync(join(folder, "slots"));
    chmodSync(join(folder, "slots"), 0o700);
  });
});
