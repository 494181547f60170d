import { readdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where set-up and tests keep what may be thrown away: stamps, logs, reports. */
export const cacheFolder = join(root, ".cache");

/** The pinned Node runtime, installed as a package. */
export const pinnedNode = join(root, "node_modules", "node-runtime", "bin", "node");

/** The environment for tools: pinned Node and the workspace's own programs come first. */
export function toolEnvironment() {
  const path = [dirname(pinnedNode), join(root, "node_modules", ".bin"), process.env["PATH"] ?? ""];
  const colour = process.stdout.isTTY ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" };
  return { ...process.env, ...colour, PATH: path.join(delimiter) };
}

/** Folders of the workspace's packages, relative to the root, sorted. */
export function packageFolders() {
  return readdirSync(join(root, "packages"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join("packages", entry.name))
    .sort();
}

/**
 * Reads a JSON file below the root.
 *
 * @param {string} path
 * @returns {unknown}
 */
export const readJson = (path) => JSON.parse(readFileSync(join(root, path), "utf8"));
