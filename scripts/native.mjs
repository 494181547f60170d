// Builds the native packages and runs their own tests:
//   node scripts/native.mjs build | test | asan | tsan
//
// A native package has a CMakeLists.txt at its root (or in native/). It is built by CMake and Ninja into
// packages/<name>/build, puts its addon into build/Release/<name>.node, and registers its tests with ctest. The
// sanitizer builds get -DRETROVUE_SANITIZE=address|thread and folders of their own, build/asan and build/tsan.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
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

/**
 * Native packages, as the folder that holds the CMakeLists.txt, relative to the root.
 *
 * @returns {{ folder: string, source: string }[]}
 */
export function nativePackages() {
  return packageFolders().flatMap((folder) => {
    const source = [folder, join(folder, "native")].find((at) =>
      existsSync(join(root, at, "CMakeLists.txt")),
    );
    return source === undefined ? [] : [{ folder, source }];
  });
}

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
  return packageFolders().flatMap(walk).sort();
}

/**
 * Where the headers that addons need lie: in the package's own dependencies. A package without addon (a header
 * library, a static library with tests) has none and gets no setting.
 *
 * @param {string} folder
 */
function headerSettings(folder) {
  const headers = { NODE_API_HEADERS_DIR: "node-api-headers/include", NODE_ADDON_API_DIR: "node-addon-api" };
  return Object.entries(headers).flatMap(([name, path]) => {
    const full = join(root, folder, "node_modules", path);
    return existsSync(full) ? [`-D${name}=${full}`] : [];
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
  await withLock(join(cacheFolder, `native-${flavour}.lock`), () => buildWhatChanged(flavour, only));
}

/** @param {Flavour} flavour @param {string} [only] */
async function buildWhatChanged(flavour, only) {
  const packages = nativePackages().filter(({ folder }) => only === undefined || basename(folder) === only);
  if (packages.length === 0) return;
  const stamp = ["native", flavour, ...(only === undefined ? [] : [only])].join("-");
  const { folder: into, settings } = flavours[flavour];
  const stamps = new Stamps(join(cacheFolder, "stamps"));
  const manifests = packages.map(({ folder }) => join(folder, "package.json"));
  const digest = digestOf(root, [...nativeSources(), ...manifests, "pnpm-lock.yaml"], [root, ...settings]);
  const isBuilt = packages.every(({ folder }) => existsSync(join(root, folder, into, "build.ninja")));
  if (isBuilt && stamps.holds(stamp, digest)) return;

  for (const { folder, source } of packages) {
    const build = join(root, folder, into);
    const generator = ["-G", "Ninja", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"];
    const configure = [
      "-S",
      join(root, source),
      "-B",
      build,
      ...generator,
      ...settings,
      ...headerSettings(folder),
    ];
    for (const args of [configure, ["--build", build]]) {
      const result = await runCommand("cmake", args, { cwd: root, env: toolEnvironment() });
      if (result.code !== 0) {
        throw new SetUpError(
          `The native build of ${folder} failed.`,
          `See the compiler's words above. To start it over: remove ${join(folder, into)} and run this again.`,
          result.output,
        );
      }
    }
  }
  stamps.set(stamp, digest);
}

/**
 * Runs the packages' own native tests.
 *
 * @param {Flavour} [flavour]
 * @returns {Promise<{ passed: number, failed: number, skipped: number, output: string }>}
 */
export async function testNative(flavour = "release") {
  const sum = { passed: 0, failed: 0, skipped: 0, output: "" };
  for (const { folder } of nativePackages()) {
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
  const verb = process.argv[2] ?? "";
  if (!["build", "test", "asan", "tsan"].includes(verb)) {
    console.error("Usage: node scripts/native.mjs build | test | asan | tsan");
    process.exitCode = 2;
    return;
  }
  if (nativePackages().length === 0) {
    console.log("There are no native packages yet.");
    return;
  }
  const flavour = verb === "asan" || verb === "tsan" ? verb : "release";
  try {
    await buildNative(flavour);
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
