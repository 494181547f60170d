/**
 * What a stage came to.
 *
 * @typedef {object} Tally
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {readonly string[]} skips the skipped tests by name, with the reason where one was given
 * @property {readonly string[]} [unsteady] tests that failed among others and passed alone, by name; they count as passed
 */

/**
 * @typedef {object} VitestReport the part we read of what vitest's JSON reporter writes
 * @property {{ name: string, status: string, message?: string, assertionResults: readonly VitestAssertion[] }[]} testResults
 *
 * @typedef {object} VitestAssertion
 * @property {string} fullName
 * @property {string} status "passed", "failed", "skipped", "pending" or "todo"
 */

/**
 * The tally of a stage that either passes or fails as a whole.
 *
 * @param {number} code
 * @returns {Tally}
 */
export const tallyOfCode = (code) => ({
  passed: code === 0 ? 1 : 0,
  failed: code === 0 ? 0 : 1,
  skips: [],
  skipped: 0,
});

/**
 * Counts the tests of a vitest run. A file that could not be loaded is a failure though it has no test, and so is a
 * run that ended badly without a failing test (an unhandled rejection, no report at all).
 *
 * @param {VitestReport | undefined} report
 * @param {number} code the exit status of vitest
 * @returns {Tally}
 */
export function tallyOfVitest(report, code) {
  let passed = 0;
  let failed = 0;
  /** @type {string[]} */
  const skips = [];
  for (const file of report?.testResults ?? []) {
    let failedHere = 0;
    for (const test of file.assertionResults) {
      if (test.status === "passed") passed += 1;
      else if (test.status === "failed") failedHere += 1;
      else skips.push(test.fullName);
    }
    if (file.status === "failed" && failedHere === 0) failedHere = 1;
    failed += failedHere;
  }
  if (code !== 0 && failed === 0) failed = 1;
  return { passed, failed, skipped: skips.length, skips };
}

/** So many files may be run a second time; where more fail, the project is at fault and not the machine. */
const filesSeenAgainMax = 3;

/**
 * The files of which single tests failed, if they are few. None where a file could not be loaded.
 *
 * @param {VitestReport | undefined} report
 */
export function filesToSeeAgain(report) {
  const failed = (report?.testResults ?? []).filter((file) => file.status === "failed");
  const single = failed.filter((file) => file.assertionResults.some((test) => test.status === "failed"));
  return single.length === failed.length && failed.length <= filesSeenAgainMax
    ? failed.map((file) => file.name)
    : [];
}

/**
 * Counts the tests of a run of which some files were run again, alone: of those the second look counts.
 *
 * @param {VitestReport | undefined} first
 * @param {VitestReport | undefined} second
 * @param {number} code the exit status of the second run
 * @returns {Tally}
 */
export function tallyOfTwoLooks(first, second, code) {
  const seenAgain = second?.testResults ?? [];
  const steady = (first?.testResults ?? []).filter((file) => file.status !== "failed");
  const failedFirst = new Set(testsOf(first, "failed").map(({ key }) => key));
  const passedAlone = testsOf(second, "passed").filter(({ key }) => failedFirst.has(key));
  const tally = tallyOfVitest({ testResults: [...steady, ...seenAgain] }, code);
  // One that is not there at the second look has not passed.
  const failed = Math.max(tally.failed, failedFirst.size - passedAlone.length);
  return { ...tally, failed, unsteady: passedAlone.map(({ name }) => name) };
}

/**
 * The tests of a report that ended in one way. Suites of contracts bring the same names into many files, so each has a key.
 *
 * @param {VitestReport | undefined} report
 * @param {string} status
 */
const testsOf = (report, status) =>
  (report?.testResults ?? []).flatMap((file) =>
    file.assertionResults
      .filter((test) => test.status === status)
      .map((test) => ({ key: `${file.name}\n${test.fullName}`, name: test.fullName })),
  );

/**
 * Counts the tests of a ctest run from its JUnit report. A run without a test counts nothing.
 *
 * @param {string | undefined} xml
 * @param {number} code the exit status of ctest
 * @returns {Tally}
 */
export function tallyOfJunit(xml, code) {
  const suite = /<testsuite\b[^>]*>/.exec(xml ?? "")?.[0] ?? "";
  /** @param {string} name */
  const count = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const skipped = count("skipped") + count("disabled");
  const failures = count("failures");
  const failed = code !== 0 && failures === 0 ? 1 : failures;
  return { passed: count("tests") - failures - skipped, failed, skipped, skips: [] };
}

/**
 * @param {readonly Tally[]} tallies
 * @returns {Tally}
 */
export const sumOf = (tallies) => ({
  passed: tallies.reduce((sum, tally) => sum + tally.passed, 0),
  failed: tallies.reduce((sum, tally) => sum + tally.failed, 0),
  skipped: tallies.reduce((sum, tally) => sum + tally.skipped, 0),
  skips: tallies.flatMap((tally) => tally.skips),
  unsteady: tallies.flatMap((tally) => tally.unsteady ?? []),
});

/**
 * The last line of a run, as CI reads it.
 *
 * @param {Tally} tally
 */
export const lastLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
