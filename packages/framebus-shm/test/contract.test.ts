import { frameBusContract } from "@retrovue/plugin-contract";
import * as vitest from "vitest";
import { ShmFrameBus } from "../src/index.js";

// A prefix of this process's own, so that a run beside this one is another house.
const prefix = `rvtest-${process.pid}`;

frameBusContract({ runner: vitest, open: () => new ShmFrameBus({ prefix }) });
