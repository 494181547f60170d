import { expect, test } from "vitest";
import { Progress } from "../setup/progress.mjs";
import { SetUpError } from "../setup/set-up-error.mjs";
import { runStages, type Stage } from "./run-stages.mjs";
import { tallyOfCode } from "./tally.mjs";

async function run(stages: readonly Stage[]) {
  const lines: string[] = [];
  const sum = await runStages(stages, (line) => lines.push(line), new Progress({ write: () => true }));
  return { sum, lines, text: lines.join("\n") };
}

const stage = (name: string, code: number): Stage => ({
  name,
  run: async () => ({ tally: tallyOfCode(code), output: `log of ${name}` }),
});

test("stages/every-stage-runs-though-one-failed", async () => {
  const { sum, lines } = await run([stage("lint", 1), stage("types", 0), stage("unit", 0)]);
  expect(sum).toMatchObject({ passed: 2, failed: 1 });
  expect(lines.at(-2)).toBe("lint FAILED · types ok · unit ok");
  expect(lines.at(-1)).toBe("2 passed, 1 failed");
});

test("stages/only-what-failed-is-shown-in-full", async () => {
  const { text } = await run([stage("lint", 1), stage("types", 0)]);
  expect(text).toContain("log of lint");
  expect(text).not.toContain("log of types");
});

test("stages/a-stage-that-cannot-run-fails-and-says-what-to-do", async () => {
  const broken = {
    name: "native build",
    run: () => Promise.reject(new SetUpError("No compiler.", "Install one.", "cc: not found")),
  };
  const { sum, text, lines } = await run([broken, stage("types", 0)]);
  expect(sum).toMatchObject({ passed: 1, failed: 1 });
  expect(text).toMatch(/cc: not found\nNo compiler\.\nInstall one\./);
  expect(lines.at(-1)).toBe("1 passed, 1 failed");
});

test("stages/skipped-tests-are-named", async () => {
  const skips = Array.from({ length: 22 }, (_, index) => `media/${index}`);
  const tally = { passed: 1, failed: 0, skipped: skips.length, skips };
  const { lines } = await run([{ name: "tests", run: async () => ({ tally, output: "" }) }]);
  expect(lines).toContain("  skipped: media/0");
  expect(lines).toContain("  and 2 more");
  expect(lines.at(-1)).toBe("1 passed, 0 failed, 22 skipped");
});
