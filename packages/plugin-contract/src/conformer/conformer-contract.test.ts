import { CopyConformerFactory } from "@retrovue/core/testing";
import * as vitest from "vitest";
import { declareMutants } from "../framework/mutants.js";
import { conformerContract } from "./conformer-contract.js";
import { conformerMutants } from "./mutants.js";
import { conformerSuite } from "./suite.js";

conformerContract({ runner: vitest, title: "copy conformer", factory: () => new CopyConformerFactory() });
declareMutants(vitest, conformerSuite, conformerMutants);
