import { readFileSync } from "node:fs";
import { join } from "node:path";
import { onPath, runCommand } from "./command.mjs";
import { root } from "./root.mjs";
import { SetUpError } from "./set-up-error.mjs";

/**
 * A package of the distribution, and how to tell on any other system that its content is there.
 *
 * @typedef {object} SystemPackage
 * @property {string} name as Debian and Ubuntu call it
 * @property {string} [command] a program on the path
 * @property {string} [pkgConfig] a module that pkg-config knows
 * @property {string} [python] a module that python3 can import
 */

/**
 * @typedef {"build" | "demo" | "test"} PackageGroup
 * @typedef {object} PackagesOfGroup
 * @property {string} why
 * @property {readonly SystemPackage[]} packages
 * @property {readonly import("./unpacked-packages.mjs").UnpackedPackage[]} [unpacked] fetched and not installed
 * @typedef {Record<PackageGroup, PackagesOfGroup>} PackageList
 */

/** Another package manager may hold apt's lock (unattended upgrades on a fresh machine): wait this long. */
const lockTimeoutSeconds = 300;

/** @returns {PackageList} */
export function readPackageList() {
  return JSON.parse(readFileSync(join(root, "scripts", "system-packages.json"), "utf8"));
}

/**
 * Names of those packages that dpkg does not have installed.
 *
 * @param {readonly SystemPackage[]} packages
 * @param {string} report lines of `dpkg-query -W -f '${Package} ${db:Status-Status}\n'`
 */
export function missingPackages(packages, report) {
  const installed = new Set(
    report
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  return packages.filter((entry) => !installed.has(entry.name));
}

/**
 * The commands that install `names`, as whoever runs this may run them.
 *
 * @param {readonly string[]} names
 * @param {"root" | "sudo" | "sudo-asks"} as `sudo-asks` where sudo wants a password and a person can give it
 * @returns {string[][]}
 */
export function installCommands(names, as) {
  const prefix = as === "root" ? [] : as === "sudo" ? ["sudo", "-n"] : ["sudo"];
  const apt = [
    ...prefix,
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
    "-q",
    "-y",
    "-o",
    `DPkg::Lock::Timeout=${lockTimeoutSeconds}`,
  ];
  return [
    [...apt, "update"],
    [...apt, "install", "--no-install-recommends", ...names],
  ];
}

/** @param {SystemPackage} entry */
async function isFound(entry) {
  if (entry.command !== undefined) return onPath(entry.command);
  if (entry.pkgConfig !== undefined) {
    return (await runCommand("pkg-config", ["--exists", entry.pkgConfig])).code === 0;
  }
  return (await runCommand("python3", ["-c", `import ${entry.python}`])).code === 0;
}

/** @param {readonly SystemPackage[]} packages */
async function notFound(packages) {
  const found = await Promise.all(packages.map(isFound));
  return packages.filter((_, index) => !found[index]);
}

/** @param {readonly SystemPackage[]} packages */
const namesOf = (packages) => packages.map((entry) => entry.name).join(" ");

/** @returns {Promise<"root" | "sudo" | "sudo-asks" | undefined>} */
export async function whoMayInstall() {
  if (process.getuid?.() === 0) return "root";
  if (!onPath("sudo")) return undefined;
  if ((await runCommand("sudo", ["-n", "true"])).code === 0) return "sudo";
  return process.stdin.isTTY && process.stderr.isTTY ? "sudo-asks" : undefined;
}

/**
 * Installs what is missing of the named groups through apt. Where apt is not there or may not be used, or fails, goes
 * on if what the packages hold is found all the same, and else says what to install by hand. What only the demo or tests need is
 * a warning: the demo plays test patterns, and tests that lack something are reported as skipped.
 *
 * @param {readonly PackageGroup[]} groups
 * @param {(line: string) => void} warn
 */
export async function ensureSystemPackages(groups, warn) {
  const list = readPackageList();
  const wanted = groups.flatMap((group) => list[group].packages);
  const missing = onPath("dpkg-query") ? await notInstalled(wanted) : await notFound(wanted);
  if (missing.length === 0) return;

  const failure = await install(missing);
  if (failure === undefined) return;
  const lacking = await notFound(missing);
  const essential = lacking.filter((entry) => list.build.packages.some((built) => built.name === entry.name));
  if (essential.length > 0) {
    throw new SetUpError(
      `${failure.what}; missing for ${list.build.why}: ${namesOf(essential)}.`,
      onPath("apt-get")
        ? `Run this as root, then again what you ran: apt-get update && apt-get install -y ${namesOf(missing)}`
        : `Install what your system calls these Debian packages, then run this again: ${namesOf(missing)}`,
      failure.log,
    );
  }
  if (lacking.length > 0) {
    warn(`${failure.what}; what needs these is left out until they are installed: ${namesOf(lacking)}`);
  }
}

/** @param {readonly SystemPackage[]} wanted */
async function notInstalled(wanted) {
  // dpkg-query fails where a name is unknown but still reports the others.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's own.
  const query = ["-W", "-f", "${Package} ${db:Status-Status}\n", ...wanted.map((entry) => entry.name)];
  return missingPackages(wanted, (await runCommand("dpkg-query", query)).output);
}

/**
 * @param {readonly SystemPackage[]} packages
 * @returns {Promise<{ what: string, log: string } | undefined>} why it failed
 */
async function install(packages) {
  if (!onPath("apt-get")) return { what: "This system has no apt", log: "" };
  const as = await whoMayInstall();
  if (as === undefined) return { what: "Packages can only be installed as root or with sudo", log: "" };
  const names = packages.map((entry) => entry.name);
  for (const [program = "", ...args] of installCommands(names, as)) {
    const result = await runCommand(program, args, { inherit: as === "sudo-asks" });
    // A failing `update` (one source of several is down) need not keep the install from succeeding.
    if (result.code !== 0 && args.includes("install")) return { what: "apt-get failed", log: result.output };
  }
  return undefined;
}
