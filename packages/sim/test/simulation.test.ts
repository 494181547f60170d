import { expect, test } from "vitest";
import { tallyOf } from "../src/campaign/tally.js";
import { ciMinutes, ciResults, ciSeeds, patienceMs } from "./ci-share.js";

/** What worlds are made of; each kind must be met, or the share has grown too small to mean anything. */
const kinds = [
  ["slow-open", "open-rejected-once", "open-rejected", "open-stuck", "late-reads", "read-stuck", "read-deaf"],
  ["open-rejected-often", "open-deaf", "probe-stuck", "conform-stuck", "error-state"],
  ["read-rejected", "sound-rejected", "sound-stuck", "seek-rejected", "crash-on-open", "crash-on-read"],
  ["short", "endless", "lying-times", "edit-ahead", "splice", "append", "same-plan-again", "slow-reader"],
  ["kill", "freeze", "freeze-noticed", "stall", "step-utc", "step-master", "silence", "resync"],
].flat();

test("sim/no-seed-breaks-a-promise", { timeout: patienceMs }, async () => {
  const tally = tallyOf(await ciResults());
  expect(tally.broken.map(({ seed, broken }) => ({ seed, broken }))).toEqual([]);
  expect(tally.seeds).toBe(ciSeeds);
  expect(tally.ticks).toBeGreaterThan(ciSeeds * ciMinutes * 60 * 23);
});

test("sim/every-kind-of-fault-is-met", { timeout: patienceMs }, async () => {
  const { faults } = tallyOf(await ciResults());
  expect(kinds.filter((kind) => (faults[kind] ?? 0) === 0)).toEqual([]);
});

test("sim/both-kinds-of-clock-and-every-house-rate-are-met", { timeout: patienceMs }, async () => {
  const results = await ciResults();
  expect(new Set(results.map(({ clock }) => clock))).toEqual(new Set(["utc", "master"]));
  expect(new Set(results.map(({ rate }) => `${rate.num}/${rate.den}`)).size).toBe(8);
});

test("sim/channels-that-share-a-quarantine-are-met", { timeout: patienceMs }, async () => {
  const results = await ciResults();
  expect(results.some(({ channels }) => channels > 1)).toBe(true);
});

test("sim/a-seed-is-the-whole-story", { timeout: patienceMs }, async () => {
  const { runSeed } = await import("../src/campaign/seed-result.js");
  const [first] = await ciResults();
  const again = await runSeed({ seed: 1, minutes: ciMinutes, mutant: undefined });
  expect(again).toEqual(first);
  const other = await runSeed({ seed: 2, minutes: ciMinutes, mutant: undefined });
  expect(other.fingerprint).not.toBe(again.fingerprint);
});
