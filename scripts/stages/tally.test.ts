import { expect, test } from "vitest";
import { lastLine, sumOf, tallyOfCode, tallyOfJunit, tallyOfVitest } from "./tally.mjs";

const file = (status: string, ...tests: string[]) => ({
  name: "a.test.ts",
  status,
  assertionResults: tests.map((word, index) => ({ fullName: `test ${index}`, status: word })),
});

test("stages/tests-are-counted-from-the-report", () => {
  const report = {
    testResults: [file("passed", "passed", "skipped", "todo"), file("failed", "failed", "passed")],
  };
  expect(tallyOfVitest(report, 1)).toEqual({ passed: 2, failed: 1, skipped: 2, skips: ["test 1", "test 2"] });
});

test("stages/a-file-that-does-not-load-is-a-failure", () => {
  expect(tallyOfVitest({ testResults: [file("failed"), file("passed", "passed")] }, 1)).toMatchObject({
    passed: 1,
    failed: 1,
  });
});

test("stages/a-run-that-ends-badly-is-a-failure-though-no-test-failed", () => {
  expect(tallyOfVitest({ testResults: [file("passed", "passed")] }, 1)).toMatchObject({
    passed: 1,
    failed: 1,
  });
  expect(tallyOfVitest(undefined, 1)).toMatchObject({ passed: 0, failed: 1 });
  expect(tallyOfJunit(undefined, 8)).toMatchObject({ passed: 0, failed: 1 });
});

test("stages/native-tests-are-counted-from-the-report", () => {
  const xml =
    '<?xml version="1.0"?>\n<testsuite name="(empty)"\n\ttests="7"\n\tfailures="2"\n\tdisabled="1"\n\tskipped="1" hostname="" time="0">';
  expect(tallyOfJunit(xml, 8)).toMatchObject({ passed: 3, failed: 2, skipped: 2 });
  expect(tallyOfJunit('<testsuite tests="0" failures="0" disabled="0" skipped="0">', 0)).toMatchObject({
    passed: 0,
  });
});

test("stages/the-last-line-adds-everything-up", () => {
  const sum = sumOf([tallyOfCode(0), tallyOfCode(2), { passed: 5, failed: 0, skipped: 0, skips: [] }]);
  expect(lastLine(sum)).toBe("6 passed, 1 failed");
  expect(lastLine({ ...sum, skipped: 3 })).toBe("6 passed, 1 failed, 3 skipped");
});
