import * as vitest from "vitest";
import { declareMutants, frameBusContract, frameBusSuite } from "../../src/index.js";
import { laneMutants, lifeMutants, refusalMutants, reportMutants, standInMutants } from "./commit-mutants.js";
import { brokenBus } from "./mutant-bus.js";
import { metaMutants, readMutants, soundMutants } from "./read-mutants.js";

// What mutants are made with must not be what breaks them.
frameBusContract({ runner: vitest, open: (clock) => brokenBus(clock, {}), title: "bus, wrapped but sound" });

declareMutants(vitest, frameBusSuite, [
  ...readMutants,
  ...soundMutants,
  ...metaMutants,
  ...refusalMutants,
  ...standInMutants,
  ...laneMutants,
  ...lifeMutants,
  ...reportMutants,
]);
