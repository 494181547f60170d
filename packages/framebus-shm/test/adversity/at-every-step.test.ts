import { expect, test } from "vitest";
import { runCampaign } from "./programs.js";

// Processes are stopped or killed after any step of what they do. CI takes a share of each campaign; `pnpm bus:adversity`
// runs as many trials as it is told. A trial is a process that is stepped through some thousand instructions.
const scale = Number(process.env["RETROVUE_BUS_ADVERSITY"] ?? 1);
const trials = (count: number) => Math.max(1, Math.round(count * scale));
const timeout = 60_000 * Math.max(1, scale);

/** Each campaign, the promise that it is held against, and CI's share of trials. */
const campaigns = [
  ["bus/a-reader-descheduled-at-any-step-is-told-what-it-missed", "reader-lapped", 40],
  ["bus/a-worker-killed-at-any-step-takes-nothing-along", "worker-killed", 18],
  ["bus/a-worker-stopped-at-any-step-is-refused-and-never-shown", "worker-stopped", 18],
  ["bus/a-worker-gone-wild-harms-its-own-lane-only", "wild-worker", 30],
  ["bus/an-engine-killed-while-it-makes-its-bus-leaves-nothing", "engine-killed-making", 20],
  ["bus/an-engine-killed-at-any-step-of-a-commit-leaves-whole-ticks", "engine-killed-committing", 8],
  ["bus/an-engine-killed-at-any-step-of-a-stand-in-leaves-whole-ticks", "engine-killed-standing-in", 6],
  ["bus/an-engine-killed-while-lanes-change-leaves-nothing", "engine-killed-changing-lanes", 6],
  ["bus/an-engine-killed-while-it-closes-leaves-nothing", "engine-killed-closing", 8],
] as const;

for (const [promise, campaign, share] of campaigns) {
  test(promise, { timeout }, async (context) => {
    const report = await runCampaign(campaign, { count: trials(share) });
    context.skip(report.skipped !== undefined, report.skipped);
    expect(report.violations).toEqual([]);
    expect(report.trials).toBe(trials(share));
  });
}

test.each(["trusts-pixels", "trusts-sound"])(
  "bus/the-lapped-reader-catches-one-that-%s",
  { timeout },
  async (mutant) => {
    // Enough for the sound, which only every eighth trial laps.
    const report = await runCampaign("reader-lapped", { count: 40, mutant });
    if (report.skipped === undefined) expect(report.violationCount).toBeGreaterThan(0);
  },
);
