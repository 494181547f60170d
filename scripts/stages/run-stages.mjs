import { Progress } from "../setup/progress.mjs";
import { lastLine, sumOf } from "./tally.mjs";

/** @typedef {import("./tally.mjs").Tally} Tally */

/**
 * One thing that is checked.
 *
 * @typedef {object} Stage
 * @property {string} name
 * @property {() => Promise<{ tally: Tally, output: string }>} run a rejection is a failure of the stage
 */

/** At most so many skipped tests are named, so that the result stays in sight. */
const skipsShownMax = 20;

/**
 * Runs every stage, whatever became of the ones before. What a passing stage said is folded into a line; what a
 * failing one said, or one with an unsteady test, is shown in full. Ends with a line about all stages and the line of counts.
 *
 * @param {readonly Stage[]} stages
 * @param {(line: string) => void} print
 * @param {Progress} [progress]
 * @returns {Promise<Tally>}
 */
export async function runStages(stages, print, progress = new Progress()) {
  /** @type {Tally[]} */
  const tallies = [];
  /** @type {string[]} */
  const words = [];
  for (const stage of stages) {
    const started = performance.now();
    const { tally, output } = await progress.during(stage.name, () => stage.run().catch(failureOf));
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const good = tally.failed === 0;
    if (!good || (tally.unsteady ?? []).length > 0) print(output.trimEnd());
    print(`${good ? "✓" : "✗"} ${stage.name}: ${lastLine(tally)} (${seconds} s)`);
    tallies.push(tally);
    words.push(`${stage.name} ${good ? "ok" : "FAILED"}`);
  }
  const sum = sumOf(tallies);
  for (const skip of sum.skips.slice(0, skipsShownMax)) print(`  skipped: ${skip}`);
  if (sum.skips.length > skipsShownMax) print(`  and ${sum.skips.length - skipsShownMax} more`);
  for (const name of sum.unsteady ?? [])
    print(`  unsteady (failed among others, passed alone; see above): ${name}`);
  print(words.join(" · "));
  print(lastLine(sum));
  return sum;
}

/**
 * @param {unknown} error
 * @returns {{ tally: Tally, output: string }}
 */
function failureOf(error) {
  const tally = { passed: 0, failed: 1, skipped: 0, skips: [] };
  if (!(error instanceof Error)) return { tally, output: String(error) };
  const log = "log" in error ? `${error.log}\n` : "";
  const remedy = "remedy" in error ? `${error.message}\n${error.remedy}` : (error.stack ?? error.message);
  return { tally, output: log + remedy };
}
