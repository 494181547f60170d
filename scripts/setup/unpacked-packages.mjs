import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { onPath, runCommand } from "./command.mjs";
import { cacheFolder } from "./root.mjs";
import { readPackageList, whoMayInstall } from "./system-packages.mjs";

/**
 * A package that is fetched and unpacked but never installed, because its installation would start a service on the machine.
 *
 * @typedef {object} UnpackedPackage
 * @property {string} name as Debian and Ubuntu call it
 * @property {string} command a program of its `/usr/bin`, which also answers `--version`
 */

/** Where packages are unpacked to, a folder each by name. */
export const unpackedFolder = join(cacheFolder, "packages");

/** Offline, apt would else try for minutes. */
const patience = ["-o", "Acquire::http::Timeout=20", "-o", "Acquire::Retries=1"];

/**
 * Those packages of the tests that are neither on the path nor unpacked yet.
 *
 * @param {readonly UnpackedPackage[]} [packages]
 * @param {string} [folder]
 */
export function packagesToUnpack(packages = readPackageList().test.unpacked ?? [], folder = unpackedFolder) {
  return packages.filter(({ name, command }) => !onPath(command) && !existsSync(join(folder, name)));
}

/**
 * Fetches packages and unpacks them. Where that fails it is a warning: the tests that need one are skipped by name.
 *
 * @param {readonly UnpackedPackage[]} packages
 * @param {(line: string) => void} warn
 * @param {string} [folder]
 * @param {(name: string, into: string) => Promise<string | undefined>} [fetch] has `name` lie in `into` as `*.deb`, or says why not
 */
export async function unpackPackages(packages, warn, folder = unpackedFolder, fetch = fetchPackage) {
  mkdirSync(folder, { recursive: true });
  for (const { name, command } of packages) {
    // Beside its place, so that it can be put there whole.
    const aside = mkdtempSync(join(folder, ".unpacking-"));
    try {
      const failure = (await fetch(name, aside)) ?? (await unpack(aside, command));
      if (failure === undefined) renameSync(join(aside, "root"), join(folder, name));
      else warn(`${failure}; what needs it is left out: ${name}`);
    } finally {
      rmSync(aside, { recursive: true, force: true });
    }
  }
}

/**
 * @param {string} folder
 * @param {string} command
 * @returns {Promise<string | undefined>} why it failed
 */
async function unpack(folder, command) {
  const file = readdirSync(folder).find((name) => name.endsWith(".deb")) ?? "";
  const unpacked = await runCommand("dpkg-deb", ["-x", join(folder, file), join(folder, "root")]);
  if (unpacked.code !== 0) return `dpkg-deb failed: ${lastLineOf(unpacked.output)}`;
  // What the package depends on is not installed with it.
  const tried = await runCommand(join(folder, "root", "usr", "bin", command), ["--version"]);
  return tried.code === 0 ? undefined : `${command} does not run by itself here: ${lastLineOf(tried.output)}`;
}

/**
 * @param {string} name
 * @param {string} into
 * @returns {Promise<string | undefined>} why it failed
 */
async function fetchPackage(name, into) {
  if (!onPath("apt-get") || !onPath("dpkg-deb")) return "This system has no apt";
  const download = () => runCommand("apt-get", ["-q", ...patience, "download", name], { cwd: into });
  let result = await download();
  if (result.code === 0) return undefined;
  // A fresh machine has no list of packages yet.
  const as = await whoMayInstall();
  if (as === "root" || as === "sudo") {
    const prefix = as === "root" ? [] : ["sudo", "-n"];
    const [program = "", ...args] = [...prefix, "apt-get", "-q", ...patience, "update"];
    await runCommand(program, args);
    result = await download();
  }
  return result.code === 0 ? undefined : `It could not be fetched: ${lastLineOf(result.output)}`;
}

/** @param {string} text */
const lastLineOf = (text) => text.trimEnd().split("\n").at(-1) ?? "";
