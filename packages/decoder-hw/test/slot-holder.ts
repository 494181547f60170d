import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import type { SessionBudget } from "../src/trust/session-budget.js";

/*
 * A process that takes sessions of a device and keeps them until it dies: argv is the module of the budget, the addon, the folder,
 * the most that the device serves, how many to take, and "child" where it is to begin a program of its own as well. Says which slots
 * it got, and its child's pid, as a line of JSON.
 */
const [module = "", addonPath = "", folder = "", sessionsMax = "", wanted = "", child] =
  process.argv.slice(2);

const budgets = (await import(module)) as { SessionBudget: typeof SessionBudget };
const addon = createRequire(import.meta.url)(addonPath) as {
  lockFile(fd: number): boolean;
  isFileLocked(fd: number): boolean;
};
const budget = new budgets.SessionBudget({
  folder,
  sessionsMax: Number(sessionsMax),
  locks: { lock: addon.lockFile, isLocked: addon.isFileLocked },
});
const leases = Array.from({ length: Number(wanted) }, () => budget.tryTake("cuda:0"));
const program = child === "child" ? spawn("sleep", ["600"], { stdio: "ignore", detached: true }) : undefined;
const slots = leases.flatMap((lease) => (lease === undefined ? [] : [lease.slot]));
process.stdout.write(`${JSON.stringify({ slots, problem: budget.problem, child: program?.pid })}\n`);
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
