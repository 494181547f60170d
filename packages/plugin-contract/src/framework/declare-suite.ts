import { type KnownFailure, KnownFailures } from "./known-failures.js";
import type { SetUp, Suite } from "./rule.js";
import { type RunOptions, runRule } from "./run-suite.js";

/** What a running test may say of itself. */
export interface TestContext {
  skip(note?: string): unknown;
}

/** A test runner, as far as suites use it. The module objects of `vitest` and of `node:test` fit. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  test(name: string, body: (context: TestContext) => Promise<void>): unknown;
}

/** What every `…Contract` function takes besides its subject. */
export interface ContractOptions extends RunOptions {
  /** `import * as vitest from "vitest"`, or another runner of this shape. */
  readonly runner: TestRunner;
  /** Rules that this implementation is known to break. Default: none. */
  readonly knownFailures?: readonly KnownFailure[];
  /** Shown before the rules where one file runs a suite more than once. Default: the suite's name. */
  readonly title?: string;
}

/** Turns each rule of a suite into a test that bears its id. */
export function declareSuite<Subject extends AsyncDisposable>(
  suite: Suite<Subject>,
  setUp: SetUp<Subject>,
  options: ContractOptions,
): void {
  const { runner } = options;
  const known = new KnownFailures(suite, options.knownFailures ?? []);
  runner.describe(options.title ?? suite.name, () => {
    for (const rule of suite.rules) {
      if (options.only && !options.only.includes(rule.id)) continue;
      runner.test(rule.id, async (context) => {
        const verdict = known.judge(await runRule(rule, setUp, options), Date.now());
        if (verdict.result === "fail") throw verdict.error;
        if (verdict.result === "skip") context.skip(verdict.note);
      });
    }
  });
}
