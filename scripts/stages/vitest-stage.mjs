import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../setup/command.mjs";
import { cacheFolder, pinnedNode, root, toolEnvironment } from "../setup/root.mjs";
import { badEndsVariable } from "./bad-end-reporter.mjs";
import { filesToSeeAgain, tallyOfTwoLooks, tallyOfVitest } from "./tally.mjs";

/** @typedef {import("./run-stages.mjs").Stage} Stage */
/** @typedef {import("./tally.mjs").VitestReport} VitestReport */

/**
 * All tests that vitest runs, or those that `filters` picks. Counted from its report, not from what it prints. Files of which
 * tests failed are run a second time, alone; decision 0019 says which, and why.
 *
 * @param {string} name
 * @param {readonly string[]} filters
 * @param {typeof runVitest} [run]
 * @returns {Stage}
 */
export const vitestStage = (name, filters, run = runVitest) => ({
  name,
  run: async () => {
    const first = await run(filters);
    const again = filesToSeeAgain(first.report);
    if (first.code === 0 || first.badEnds > 0 || again.length === 0)
      return { tally: tallyOfVitest(first.report, first.code), output: first.output };
    const second = await run([...again, "--no-file-parallelism"]);
    return {
      tally: tallyOfTwoLooks(first.report, second.report, second.code),
      output: `${first.output.trimEnd()}\n\nOnce more, alone:\n${second.output}`,
    };
  },
});

/**
 * @param {readonly string[]} filters names of files or parts of them; options of vitest too
 * @returns {Promise<{ report: VitestReport | undefined, badEnds: number, code: number, output: string }>} `badEnds`: errors of no
 *   test, one where the run did not come to say how many
 */
async function runVitest(filters) {
  // Named by process, so that two runs in one checkout do not count one another's tests.
  const path = join(cacheFolder, "reports", `vitest-${process.pid}.json`);
  const badEndsPath = `${path}.bad-ends`;
  mkdirSync(join(cacheFolder, "reports"), { recursive: true });
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const badEndReporter = join(import.meta.dirname, "bad-end-reporter.mjs");
  const reporters = ["default", "json", badEndReporter].map((name) => `--reporter=${name}`);
  const args = [vitest, "run", ...reporters, `--outputFile.json=${path}`, ...filters];
  const env = { ...toolEnvironment(), [badEndsVariable]: badEndsPath };
  const { code, output } = await runCommand(pinnedNode, args, { cwd: root, env });
  const report = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
  const badEnds = existsSync(badEndsPath) ? Number(readFileSync(badEndsPath, "utf8")) : 1;
  for (const written of [path, badEndsPath]) rmSync(written, { force: true });
  return { report, badEnds, code, output };
}
