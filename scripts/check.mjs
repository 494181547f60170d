// The fast part of the tests, for use while working: format, lint, types, wire contract, tidy and unit tests. The
// whole suite is `npm test`.
import { runStages } from "./stages/run-stages.mjs";
import { lintStage, protoStages, typesStage } from "./stages/stages.mjs";
import { vitestStage } from "./stages/vitest-stage.mjs";

const stages = [
  lintStage(),
  typesStage(),
  ...protoStages(),
  vitestStage("unit and tidy", ["/src/", "scripts/"]),
];
const { failed } = await runStages(stages, (line) => console.log(line));
if (failed > 0) process.exitCode = 1;
