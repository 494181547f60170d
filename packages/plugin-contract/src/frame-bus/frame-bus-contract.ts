import { type ContractOptions, declareSuite } from "../framework/declare-suite.js";
import { defineSuite } from "../framework/rule.js";
import { BusBench, type OpenFrameBus } from "./bus-bench.js";
import { commitRules } from "./commit-rules.js";
import { laneRules } from "./lane-rules.js";
import { lifeRules } from "./life-rules.js";
import { metaRules } from "./meta-rules.js";
import { readRules } from "./read-rules.js";
import { refusalRules } from "./refusal-rules.js";
import { reportRules } from "./report-rules.js";
import { shareRules } from "./share-rules.js";
import { soundRules } from "./sound-rules.js";
import { standInRules } from "./stand-in-rules.js";

/** All rules of a frame bus. */
export const frameBusSuite = defineSuite<BusBench>("bus", [
  ...commitRules,
  ...shareRules,
  ...readRules,
  ...soundRules,
  ...refusalRules,
  ...standInRules,
  ...laneRules,
  ...metaRules,
  ...lifeRules,
  ...reportRules,
]);

/** What the frame bus suite is run with. */
export interface FrameBusContractOptions extends ContractOptions {
  /** Called once for each rule; the clock that it gets stands still until the rule moves it. */
  readonly open: OpenFrameBus;
}

/**
 * Declares the rules of a frame bus as tests.
 *
 * @example
 * frameBusContract({ runner: vitest, open: (clock) => new MemoryFrameBus({ clock }) });
 */
export function frameBusContract(options: FrameBusContractOptions): void {
  declareSuite(frameBusSuite, (signal) => BusBench.open(options.open, signal), options);
}
