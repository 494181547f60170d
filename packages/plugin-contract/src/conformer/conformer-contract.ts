import type { ConformerFactory } from "@retrovue/core";
import { type ContractOptions, declareSuite } from "../framework/declare-suite.js";
import { ConformerSubject } from "./subject.js";
import { conformerSuite } from "./suite.js";

/** What `conformerContract` takes. */
export interface ConformerContractOptions extends ContractOptions {
  /** Makes the factory; called once for each rule. */
  readonly factory: () => ConformerFactory | Promise<ConformerFactory>;
}

/** Runs the conformer suite. It makes its own pictures and sound. */
export function conformerContract(options: ConformerContractOptions): void {
  declareSuite(conformerSuite, async () => new ConformerSubject(await options.factory()), options);
}
