import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildNative, nativePackages, testNative } from "../native.mjs";
import { checkPackages } from "../pack/check-packages.mjs";
import { runCommand } from "../setup/command.mjs";
import { pinnedNode, root, toolEnvironment } from "../setup/root.mjs";
import { tallyOfCode } from "./tally.mjs";

/** @typedef {import("./run-stages.mjs").Stage} Stage */

/**
 * A stage that is one command of the workspace and counts as one check.
 *
 * @param {string} name
 * @param {readonly (readonly [program: string, ...args: string[]])[]} commands
 * @returns {Stage}
 */
const commandStage = (name, commands) => ({
  name,
  run: async () => {
    let code = 0;
    let output = "";
    for (const [program, ...args] of commands) {
      const result = await runCommand(program, args, { cwd: root, env: toolEnvironment() });
      output += result.output;
      if (result.code !== 0) code = result.code;
    }
    return { tally: tallyOfCode(code), output };
  },
});

/** Format and lint in one pass. */
export const lintStage = () =>
  commandStage("format and lint", [["biome", "check", "--error-on-warnings", "."]]);

/** Types of sources, tests, benches and scripts. */
export const typesStage = () => commandStage("types", [["tsc", "-p", "tsconfig.tests.json"]]);

/** The packages as they are shipped. */
export const buildStage = () => commandStage("build", [["tsc", "-b"]]);

/** The wire contract: well formed, and unbroken against the recorded baseline. */
export function protoStages() {
  if (!existsSync(join(root, "buf.yaml"))) return [];
  /** @type {[string, ...string[]][]} */
  const commands = [["buf", "lint"]];
  const breaking = join("scripts", "proto-contract.ts");
  if (existsSync(join(root, breaking))) commands.push([pinnedNode, breaking, "breaking"]);
  return [commandStage("wire contract", commands)];
}

/** The packages as strangers would install them; after the build. */
export const packStage = () => ({
  name: "packages",
  run: async () => {
    const faults = await checkPackages();
    return { tally: tallyOfCode(faults.length), output: faults.join("\n") };
  },
});

/** The native packages' build and their own tests. */
export function nativeStages() {
  if (nativePackages().length === 0) return [];
  return [
    {
      name: "native build",
      run: async () => {
        await buildNative();
        return { tally: tallyOfCode(0), output: "" };
      },
    },
    {
      name: "native tests",
      run: async () => {
        const { output, ...counts } = await testNative();
        return { tally: { ...counts, skips: [] }, output };
      },
    },
  ];
}

/** Cases of the campaign that every run of the tests plays: some forty seconds on two cores. */
const hostileCases = 260;

/**
 * A share of `pnpm fuzz media` that is the same every time: damaged media through the sanitized decoder. After the build.
 *
 * @returns {Stage}
 */
export const hostileMediaStage = () => ({
  name: "hostile media",
  run: async () => {
    await buildNative("asan", "decoder-libav");
    const bounds = ["--cases", String(hostileCases), "--minutes", "5"];
    const args = [join(root, "scripts", "fuzz.ts"), "media", "--fresh", "--plants", ...bounds];
    const { code, output } = await runCommand(pinnedNode, args, { cwd: root, env: toolEnvironment() });
    return { tally: tallyOfCode(code), output };
  },
});
