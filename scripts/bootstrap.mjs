// Sets a fresh machine up and runs what was asked for; behind `npm start` and `npm test`. Plain JavaScript without
// dependencies, for any Node from 20 on: when it starts, nothing is installed yet.
//
//   node scripts/bootstrap.mjs start [play FILE…] | test [PATTERN…] | check | bench PART… | fuzz media | faults | soak | seams | players | setup | build
import { join } from "node:path";
import { prepareDemo } from "./demo/demo.mjs";
import { buildNative, buildShipped } from "./native.mjs";
import { runCommand } from "./setup/command.mjs";
import { withLock } from "./setup/lock.mjs";
import { Progress } from "./setup/progress.mjs";
import { cacheFolder, pinnedNode, root, toolEnvironment } from "./setup/root.mjs";
import { SetUpError } from "./setup/set-up-error.mjs";
import { Stamps } from "./setup/stamps.mjs";
import { ensureSystemPackages } from "./setup/system-packages.mjs";
import { packagesToUnpack, unpackPackages } from "./setup/unpacked-packages.mjs";
import {
  checkPinnedNode,
  installWorkspace,
  workspaceDigest,
  workspaceIsInstalled,
} from "./setup/workspace.mjs";
import { runStages } from "./stages/run-stages.mjs";
import {
  buildStage,
  hostileMediaStage,
  lintStage,
  nativeStages,
  packStage,
  protoStages,
  typesStage,
} from "./stages/stages.mjs";
import { lastLine, tallyOfCode } from "./stages/tally.mjs";
import { vitestStage } from "./stages/vitest-stage.mjs";

/** Exit codes of docs/cli.md: wrong usage. */
const exitUsage = 2;

// The engine as bin/retrovue-playout starts it; why with that flag says packages/engine/src/processes/node-flags.ts.
const engineEntry = ["--max-semi-space-size=16", join(root, "packages", "engine", "dist", "cli", "main.js")];

const progress = new Progress();
/** @param {string} line */
const print = (line) => {
  process.stdout.write(`${line}\n`);
};
/** @param {string} line */
const warn = (line) => {
  process.stderr.write(`Warning: ${line}\n`);
};

/** @param {readonly ("build" | "demo" | "test")[]} groups */
async function setUp(groups) {
  await withLock(join(cacheFolder, "set-up.lock"), async () => {
    await progress.step("system packages", () => ensureSystemPackages(groups, warn));
    const stamps = new Stamps(join(root, "node_modules", ".retrovue"));
    if (workspaceIsInstalled() && stamps.holds("workspace", workspaceDigest())) return;
    stamps.clear("workspace");
    await progress.step("packages and the pinned Node", async () => {
      await installWorkspace();
      await checkPinnedNode();
    });
    stamps.set("workspace", workspaceDigest());
  });
}

/** @param {() => Promise<void>} [native] all of it, where more is run than the engine */
async function build(native = buildShipped) {
  await progress.step("native build", native);
  await progress.step("build", async () => {
    const result = await runCommand("tsc", ["-b"], { cwd: root, env: toolEnvironment() });
    if (result.code !== 0) {
      throw new SetUpError("The build failed.", "See the compiler's words above.", result.output);
    }
  });
}

/** Fetches what only tests start and nobody should find installed on their machine. */
async function setUpServices() {
  if (packagesToUnpack().length === 0) return;
  await withLock(join(cacheFolder, "set-up.lock"), () =>
    progress.step("services for tests", () => unpackPackages(packagesToUnpack(), warn)),
  );
}

/** @param {readonly string[]} patterns */
async function test(patterns) {
  try {
    await setUp(["build", "test"]);
    await setUpServices();
  } catch (error) {
    report(error);
    // Whoever reads the last line gets one, though nothing could be tested.
    print(lastLine(tallyOfCode(1)));
    return 1;
  }
  const everything = [
    lintStage(),
    typesStage(),
    ...protoStages(),
    buildStage(),
    packStage(),
    ...nativeStages(),
  ];
  const stages =
    patterns.length === 0
      ? [...everything, vitestStage("tests", []), hostileMediaStage()]
      : [buildStage(), ...nativeStages(), vitestStage(`tests of ${patterns.join(" ")}`, patterns)];
  const { failed } = await runStages(stages, print);
  return failed === 0 ? 0 : 1;
}

/** @param {unknown} error */
function report(error) {
  if (!(error instanceof SetUpError)) throw error;
  if (error.log !== "") process.stderr.write(`${error.log.trimEnd()}\n\n`);
  process.stderr.write(`${error.message}\nWhat to do: ${error.remedy}\n`);
}

/**
 * Without arguments the built-in demo; else what the command line of `retrovue-playout` says, as `play FILE…`.
 *
 * @param {readonly string[]} args
 */
async function start(args) {
  await setUp(args.length === 0 ? ["build", "demo"] : ["build"]);
  await build();
  if (args.length > 0) return await handOver(pinnedNode, [...engineEntry, ...args]);
  const config = await progress.step("the demo's programmes", () => prepareDemo());
  return await handOver(pinnedNode, [...engineEntry, "--config", config, "--announce"]);
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 */
async function handOver(program, args) {
  return (await runCommand(program, args, { cwd: root, env: toolEnvironment(), inherit: true })).code;
}

/**
 * Builds all, and runs a program that drives the engine as it is shipped.
 *
 * @param {string} program from the root of the repository
 * @param {readonly string[]} args
 */
async function withProgram(program, args) {
  await setUp(["build", "test"]);
  await build();
  return await handOver(pinnedNode, [join(root, program), ...args]);
}

/** @type {Record<string, (args: readonly string[]) => Promise<number>>} */
const verbs = {
  start,
  test,
  setup: async () => {
    await setUp(["build", "test"]);
    return 0;
  },
  build: async () => {
    await setUp(["build"]);
    await build();
    return 0;
  },
  check: async () => {
    await setUp(["build", "test"]);
    return await handOver(pinnedNode, [join(root, "scripts", "check.mjs")]);
  },
  bench: async (args) => {
    await setUp(["build", "test"]);
    await build(buildNative);
    return await handOver(pinnedNode, [join(root, "scripts", "bench.ts"), ...args]);
  },
  faults: async (args) => await withProgram("packages/engine/test/faults/campaign.ts", args),
  soak: async (args) => await withProgram("packages/engine/test/soak/main.ts", args),
  seams: async (args) => await withProgram("packages/engine/test/seams/campaign.ts", args),
  players: async (args) => await withProgram("packages/engine/test/players/main.ts", args),
  fuzz: async (args) => {
    await setUp(["build", "test"]);
    await build(buildNative);
    await progress.step("sanitized build", () => buildNative("asan", "decoder-libav"));
    return await handOver(pinnedNode, [join(root, "scripts", "fuzz.ts"), ...args]);
  },
};

const [verb = "", ...args] = process.argv.slice(2);
const work = verbs[verb];
if (work === undefined) {
  warn(`usage: node scripts/bootstrap.mjs ${Object.keys(verbs).join(" | ")}`);
  process.exitCode = exitUsage;
} else {
  try {
    process.exitCode = await work(args);
  } catch (error) {
    report(error);
    process.exitCode = 1;
  }
}
