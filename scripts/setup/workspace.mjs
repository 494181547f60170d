import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./command.mjs";
import { packageFolders, pinnedNode, readJson, root } from "./root.mjs";
import { SetUpError } from "./set-up-error.mjs";
import { digestOf } from "./stamps.mjs";

/** @typedef {{ packageManager: string, devDependencies: Record<string, string> }} RootManifest */

const manifest = () => /** @type {RootManifest} */ (readJson("package.json"));

/** Files that decide what is installed. */
export const workspaceInputs = () => [
  "package.json",
  "pnpm-lock.yaml",
  "pnpm-workspace.yaml",
  ...packageFolders().map((folder) => join(folder, "package.json")),
];

/** True while each package's own node_modules is still what the install left. */
export const workspaceIsInstalled = () => existsSync(join(root, "node_modules", ".modules.yaml"));

/** A digest of all that decides what is installed. */
export const workspaceDigest = () => digestOf(root, workspaceInputs(), [process.platform, process.arch]);

/**
 * The version that an alias such as `npm:node@24.21.0` pins.
 *
 * @param {string} specifier
 */
export function pinnedVersion(specifier) {
  const version = /@(\d+\.\d+\.\d+)$/.exec(specifier)?.[1];
  if (version === undefined) throw new Error(`package.json pins no exact version in "${specifier}"`);
  return version;
}

/** Installs the packages of the lock file with the pinned pnpm, which npx fetches where it is not there. */
export async function installWorkspace() {
  const { packageManager } = manifest();
  const args = ["-y", packageManager, "install", "--frozen-lockfile", "--config.confirmModulesPurge=false"];
  const result = await runCommand("npx", args, { cwd: root });
  if (result.code !== 0) {
    throw new SetUpError(
      `Installing the packages failed (npx ${args.join(" ")}).`,
      "Check that npm can reach its registry (npm ping). After a change of a package.json, run the same command with --no-frozen-lockfile and commit pnpm-lock.yaml.",
      result.output,
    );
  }
}

/** Checks that the pinned runtime is there and is the pinned version. */
export async function checkPinnedNode() {
  const wanted = pinnedVersion(manifest().devDependencies["node-runtime"] ?? "");
  const result = await runCommand(pinnedNode, ["--version"]);
  const found = result.output.trim().replace(/^v/, "");
  if (result.code === 0 && found.split(".")[0] === wanted.split(".")[0]) return;
  const there = existsSync(join(root, "node_modules", "node-runtime"))
    ? readdirSync(join(root, "node_modules", "node-runtime")).join(", ")
    : "nothing";
  throw new SetUpError(
    `The pinned Node ${wanted} is not in node_modules/node-runtime (found: ${result.code === 0 ? found : there}).`,
    "Its install script fetches it. Remove node_modules and run this again; if npm is told to ignore scripts, allow them.",
    result.output,
  );
}
