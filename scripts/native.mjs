// Builds the native packages and runs their own tests:
//   node scripts/native.mjs build [PACKAGE] | test | asan | tsan
//
// A native package has a CMakeLists.txt at its root. All of them are one build of CMake and Ninja (the CMakeLists.txt at the
// repository's root), whose state lies in .cache/native/<flavour>. Each package's results lie in packages/<name>/build: its addon
// is build/Release/<name>.node, its tests are registered with ctest. The sanitizer builds get -DRETROVUE_SANITIZE=address|thread
// and folders of their own, build/asan and build/tsan.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "./setup/command.mjs";
import { withLock } from "./setup/lock.mjs";
import { cacheFolder, packageFolders, root, toolEnvironment } from "./setup/root.mjs";
import { SetUpError } from "./setup/set-up-error.mjs";
import { digestOf, Stamps } from "./setup/stamps.mjs";
import { tallyOfJunit } from "./stages/tally.mjs";

/** @typedef {"release" | "asan" | "tsan"} Flavour */

/** Where each flavour is built, below its package, and with which settings. */
const flavours = Object.freeze({
  release: { folder: "build", settings: ["-DCMAKE_BUILD_TYPE=Release"] },
  asan: {
    folder: join("build", "asan"),
    settings: ["-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DRETROVUE_SANITIZE=address"],
  },
  tsan: {
    folder: join("build", "tsan"),
    settings: ["-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DRETROVUE_SANITIZE=thread"],
  },
});

/** One native test may take this long before ctest ends it: generous, for sanitizers on a busy machine. */
const testTimeoutSeconds = 300;

const nativeSource = /(?:^CMakeLists\.txt|\.(?:c|cc|cpp|h|hpp|in|cmake))$/;

/** Folders of the native packages, relative to the root. */
export const nativePackages = () =>
  packageFolders().filter((folder) => existsSync(join(root, folder, "CMakeLists.txt")));

/**
 * Where CMake keeps what it knows of a flavour: the folder for `cmake --build`.
 *
 * @param {Flavour} [flavour]
 */
export const nativeBuildFolder = (flavour = "release") => join(cacheFolder, "native", flavour);

/**
 * Runs `work` while no other process of this checkout builds in the flavour's folder: Ninja itself keeps nobody out.
 *
 * @param {() => Promise<void>} work
 * @param {Flavour} [flavour]
 */
export const withNativeLock = (work, flavour = "release") =>
  withLock(join(cacheFolder, `native-${flavour}.lock`), work);

/**
 * All native sources of all packages: headers and libraries are shared between them, so they are stamped together.
 *
 * @returns {string[]}
 */
function nativeSources() {
  /** @param {string} folder @returns {string[]} */
  const walk = (folder) =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory())
        return ["node_modules", "build", "dist"].includes(entry.name) ? [] : walk(path);
      return nativeSource.test(entry.name) ? [path] : [];
    });
  return ["CMakeLists.txt", ...packageFolders().flatMap(walk).sort()];
}

/** Where the headers that addons need lie: among the dependencies of any package with an addon; there is one version of them. */
export function headerSettings() {
  const headers = { NODE_API_HEADERS_DIR: "node-api-headers/include", NODE_ADDON_API_DIR: "node-addon-api" };
  return Object.entries(headers).flatMap(([name, path]) => {
    const full = nativePackages()
      .map((folder) => join(root, folder, "node_modules", path))
      .find((at) => existsSync(at));
    return full === undefined ? [] : [`-D${name}=${full}`];
  });
}

/**
 * Configures and builds every native package, or one by its folder's name, unless nothing has changed since it was
 * last done.
 *
 * @param {Flavour} [flavour]
 * @param {string} [only]
 */
export async function buildNative(flavour = "release", only) {
  const one = nativePackages().find((folder) => basename(folder) === only);
  // CMake's name for all that one folder makes.
  const target = one === undefined ? "all" : join(root, one, flavours[flavour].folder, "all");
  await withNativeLock(() => buildWhatChanged(flavour, target, only ?? ""), flavour);
}

/** As `buildNative`, but only what runs where the engine runs: half of the work, and all that a start needs. */
export async function buildShipped() {
  await withNativeLock(() => buildWhatChanged("release", "retrovue_shipped", "shipped"));
}

/** @param {Flavour} flavour @param {string} target @param {string} share what of all it is; empty: all */
async function buildWhatChanged(flavour, target, share) {
  const packages = nativePackages();
  const step = `native-${flavour}`;
  const { folder: into, settings } = flavours[flavour];
  const stamps = new Stamps(join(cacheFolder, "stamps"));
  const manifests = packages.map((folder) => join(folder, "package.json"));
  const digest = digestOf(root, [...nativeSources(), ...manifests, "pnpm-lock.yaml"], [root, ...settings]);
  const build = nativeBuildFolder(flavour);
  const isBuilt =
    existsSync(join(build, "build.ninja")) &&
    packages.every((folder) => existsSync(join(root, folder, into, "CTestTestfile.cmake")));
  if (!isBuilt) stamps.clearShares(step);
  await stamps.renew(step, share, digest, () => configureAndBuild(flavour, target, share));
}

/** @param {Flavour} flavour @param {string} target @param {string} share what of all it is; empty: all */
async function configureAndBuild(flavour, target, share) {
  const { folder: into, settings } = flavours[flavour];
  const build = nativeBuildFolder(flavour);
  const generator = ["-G", "Ninja", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", `-DRETROVUE_BUILD_FOLDER=${into}`];
  const configure = ["-S", root, "-B", build, ...generator, ...settings, ...headerSettings()];
  for (const args of [configure, ["--build", build, "--target", target]]) {
    const result = await runCommand("cmake", args, { cwd: root, env: toolEnvironment() });
    if (result.code !== 0) {
      throw new SetUpError(
        `The native build${share === "" ? "" : ` (${share})`} failed.`,
        `See the compiler's words above. To start it over: remove ${relative(root, build)} and run this again.`,
        result.output,
      );
    }
  }
}

/**
 * Runs the packages' own native tests.
 *
 * @param {Flavour} [flavour]
 * @returns {Promise<{ passed: number, failed: number, skipped: number, output: string }>}
 */
export async function testNative(flavour = "release") {
  const sum = { passed: 0, failed: 0, skipped: 0, output: "" };
  for (const folder of nativePackages()) {
    const build = join(root, folder, flavours[flavour].folder);
    const report = join(cacheFolder, "reports", `ctest-${flavour}-${basename(folder)}-${process.pid}.xml`);
    mkdirSync(join(cacheFolder, "reports"), { recursive: true });
    const options = [
      "--output-on-failure",
      "--timeout",
      String(testTimeoutSeconds),
      "--output-junit",
      report,
    ];
    const result = await runCommand("ctest", ["--test-dir", build, ...options], { env: toolEnvironment() });
    const tally = tallyOfJunit(existsSync(report) ? readFileSync(report, "utf8") : undefined, result.code);
    rmSync(report, { force: true });
    sum.passed += tally.passed;
    sum.failed += tally.failed;
    sum.skipped += tally.skipped;
    sum.output += result.output;
  }
  return sum;
}

async function main() {
  const [verb = "", only] = process.argv.slice(2);
  const isKnown = only === undefined || nativePackages().some((folder) => basename(folder) === only);
  if (
    !["build", "test", "asan", "tsan"].includes(verb) ||
    !isKnown ||
    (verb !== "build" && only !== undefined)
  ) {
    console.error("Usage: node scripts/native.mjs build [PACKAGE] | test | asan | tsan");
    process.exitCode = 2;
    return;
  }
  const flavour = verb === "asan" || verb === "tsan" ? verb : "release";
  try {
    await buildNative(flavour, only);
    if (verb === "build") return;
    const result = await testNative(flavour);
    console.log(result.output);
    console.log(`${result.passed} passed, ${result.failed} failed`);
    if (result.failed > 0) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    console.error(`${error.log}\n${error.message}\n${error.remedy}`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
