import { describe, expect, test } from "vitest";
import { runSeed } from "../src/campaign/seed-result.js";
import { rules } from "../src/check/rules.js";
import { mutants } from "../src/mutants/index.js";
import { ciMinutes, ciSeeds, patienceMs } from "./ci-share.js";

// The channel as it ships keeps every promise on the very same seeds: sim/no-seed-breaks-a-promise.
describe("channels broken on purpose", () => {
  test.each(mutants)(
    "sim/mutant-$name-is-caught-by-$caughtBy",
    { timeout: patienceMs },
    async ({ name, caughtBy }) => {
      const seen = new Set<string>();
      for (let seed = 1; seed <= ciSeeds && !seen.has(caughtBy); seed++) {
        const { broken } = await runSeed({ seed, minutes: ciMinutes, mutant: name });
        if (broken !== undefined) seen.add(broken.rule);
      }
      expect([...seen]).toContain(caughtBy);
    },
  );

  test("sim/mutants-have-names-of-their-own-and-rules-that-exist", () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
    expect(mutants.filter(({ caughtBy }) => !(caughtBy in rules))).toEqual([]);
    expect(mutants.length).toBeGreaterThanOrEqual(14);
  });

  test("sim/every-rule-has-a-mutant", () => {
    const caught = new Set(mutants.map(({ caughtBy }) => caughtBy));
    expect(Object.keys(rules).filter((rule) => !caught.has(rule as keyof typeof rules))).toEqual([]);
  });
});
