import type { RendererFactory } from "@retrovue/core";
import type { OpenFrameBus } from "../frame-bus/bus-bench.js";
import { type ContractOptions, declareSuite } from "../framework/declare-suite.js";
import { defineSuite, type Suite } from "../framework/rule.js";
import { lifeRules } from "./life-rules.js";
import { pipeRules } from "./pipe-rules.js";
import { RendererSubject } from "./renderer-subject.js";
import { streamRules } from "./stream-rules.js";
import { tickRules } from "./tick-rules.js";

/** What every renderer must keep. */
export const rendererSuite: Suite<RendererSubject> = defineSuite("renderer", [
  ...tickRules,
  ...streamRules,
  ...lifeRules,
  ...pipeRules,
]);

/** What `rendererContract` takes. */
export interface RendererContractOptions extends ContractOptions {
  /** Makes the factory; called once for each rule. */
  readonly factory: () => RendererFactory | Promise<RendererFactory>;
  /** Whether it makes a stream of H.264 and AAC; one that only counts is excused from rules about bytes. Default true. */
  readonly encodes?: boolean;
  /** Whether it writes into pipes by itself (`pipeTo`); one that does not is excused from rules about them. Default: as `encodes`. */
  readonly pipes?: boolean;
  /** The bus that it reads. Default: one in this process's memory. */
  readonly openBus?: OpenFrameBus;
}

/**
 * Declares the rules of a renderer as tests.
 *
 * @example
 * rendererContract({ runner: vitest, factory: () => new MyRendererFactory() });
 */
export function rendererContract(options: RendererContractOptions): void {
  const { factory, encodes, openBus, pipes } = options;
  declareSuite(
    rendererSuite,
    async () => new RendererSubject(await factory(), encodes, openBus, pipes),
    options,
  );
}
