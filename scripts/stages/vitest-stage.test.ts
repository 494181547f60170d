import { expect, test } from "vitest";
import { Progress } from "../setup/progress.mjs";
import { runStages } from "./run-stages.mjs";
import { vitestStage } from "./vitest-stage.mjs";

type Look = Parameters<typeof vitestStage>[2] extends infer Run | undefined
  ? Run extends (...args: never[]) => Promise<infer Result>
    ? Result
    : never
  : never;

/** A look at files of tests, each told by its tests' ends. */
function look(code: number, files: Record<string, string[]>, badEnds = 0): Look {
  const testResults = Object.entries(files).map(([name, ends]) => ({
    name,
    status: ends.length === 0 || ends.includes("failed") ? "failed" : "passed",
    assertionResults: ends.map((status, index) => ({ fullName: `${name} ${index}`, status })),
  }));
  return { report: { testResults }, badEnds, code, output: `said with ${code}` };
}

/** Runs the stage over looks that come one after another; says which files each looked at. */
async function staged(...looks: Look[]) {
  const asked: (readonly string[])[] = [];
  const stage = vitestStage("tests", ["all"], async (files) => {
    asked.push(files);
    const next = looks.shift();
    if (next === undefined) throw new Error("one look too many");
    return next;
  });
  const lines: string[] = [];
  const sum = await runStages([stage], (line) => lines.push(line), new Progress({ write: () => true }));
  return { sum, asked, lines };
}

const failing = look(1, { a: ["passed", "failed"], b: ["passed", "skipped"] });

test("stages/a-run-without-failures-is-looked-at-once", async () => {
  const { asked, lines } = await staged(look(0, { a: ["passed"], b: ["passed"] }));
  expect(asked).toEqual([["all"]]);
  expect(lines.at(-1)).toBe("2 passed, 0 failed");
  expect(lines.join()).not.toContain("said with");
});

test("stages/what-passes-alone-is-unsteady-and-said-so", async () => {
  const { asked, lines, sum } = await staged(failing, look(0, { a: ["passed", "passed"] }));
  expect(asked).toEqual([["all"], ["a", "--no-file-parallelism"]]);
  expect(sum.unsteady).toEqual(["a 1"]);
  expect(lines.at(-1)).toBe("3 passed, 0 failed, 1 skipped");
  expect(lines.join("\n")).toContain("said with 1");
  expect(lines).toContain("  unsteady (failed among others, passed alone; see above): a 1");
});

test("stages/what-fails-twice-has-failed", async () => {
  const { lines, sum } = await staged(failing, look(1, { a: ["passed", "failed"] }));
  expect(sum.unsteady).toEqual([]);
  expect(lines.at(-1)).toBe("2 passed, 1 failed, 1 skipped");
});

test("stages/another-test-that-fails-at-the-second-look-has-failed-too", async () => {
  const { lines } = await staged(failing, look(1, { a: ["failed", "passed"] }));
  expect(lines.at(-1)).toBe("2 passed, 1 failed, 1 skipped");
});

test("stages/a-test-that-is-gone-at-the-second-look-has-failed", async () => {
  expect((await staged(failing, look(0, { a: ["passed"] }))).lines.at(-1)).toMatch(/ 1 failed/);
  const crashed: Look = { report: undefined, badEnds: 1, code: 1, output: "" };
  expect((await staged(failing, crashed)).lines.at(-1)).toMatch(/ 1 failed/);
});

test("stages/a-run-with-an-error-of-no-test-is-not-looked-at-again", async () => {
  expect((await staged(look(1, { a: ["passed", "failed"] }, 1))).lines.at(-1)).toBe("1 passed, 1 failed");
});

test("stages/many-failures-files-that-do-not-load-and-bad-ends-are-not-looked-at-again", async () => {
  const many = look(1, { a: ["failed"], b: ["failed"], c: ["failed"], d: ["failed"] });
  expect((await staged(many)).lines.at(-1)).toBe("0 passed, 4 failed");
  expect((await staged(look(1, { a: ["failed"], b: [] }))).lines.at(-1)).toBe("0 passed, 2 failed");
  expect((await staged(look(1, { a: ["passed"] }))).lines.at(-1)).toBe("1 passed, 1 failed");
});
