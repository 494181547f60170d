import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { headerSettings } from "../native.mjs";
import { runCommand } from "../setup/command.mjs";
import { root, toolEnvironment } from "../setup/root.mjs";

/** What packages of C++ are built with, published beside them. */
const kit = "@retrovue/addon-kit";

/**
 * Whether the packages that bring C++ sources could be built from their tarballs: each is configured where it was unpacked, beside the
 * addon kit and nothing else of the workspace. Those that need what is not published bring no sources.
 *
 * @param {readonly string[]} names
 * @param {string} scratch where they are unpacked, below `node_modules`
 * @returns {Promise<string[]>} faults, one line each
 */
export async function nativeFaults(names, scratch) {
  const unpacked = (/** @type {string} */ name) => join(scratch, "node_modules", name);
  const withSources = names.filter((name) => existsSync(join(unpacked(name), "CMakeLists.txt")));
  if (withSources.length > 0 && !existsSync(unpacked(kit))) {
    mkdirSync(dirname(unpacked(kit)), { recursive: true });
    symlinkSync(join(root, "packages", "addon-kit"), unpacked(kit));
  }
  /** @type {string[]} */
  const faults = [];
  for (const name of withSources) {
    const folders = ["-S", unpacked(name), "-B", join(scratch, "build", name)];
    const settings = ["-G", "Ninja", ...headerSettings()];
    const { code, output } = await runCommand("cmake", [...folders, ...settings], { env: toolEnvironment() });
    if (code !== 0) faults.push(`${name} cannot be built from its tarball:\n${output.trim()}`);
  }
  return faults;
}
