// For authors of implementations: run a suite.
export type { ContractOptions, TestContext, TestRunner } from "./framework/declare-suite.js";
// For authors of suites, and for programs that run them.
export { declareSuite } from "./framework/declare-suite.js";
export type { KnownFailure } from "./framework/known-failures.js";
export {
  declareMutants,
  type Mutant,
  rulesWithoutMutant,
  type Survivor,
  survivorsOf,
} from "./framework/mutants.js";
export { defineSuite, type Rule, type RuleId, type SetUp, type Suite } from "./framework/rule.js";
export { type Outcome, type RunOptions, runRule, runSuite } from "./framework/run-suite.js";
