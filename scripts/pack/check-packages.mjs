import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runCommand } from "../setup/command.mjs";
import { packageFolders, pinnedNode, readJson, root, toolEnvironment } from "../setup/root.mjs";
import { SetUpError } from "../setup/set-up-error.mjs";
import { entriesOf, manifestFaults } from "./manifest-faults.mjs";
import { nativeFaults } from "./native-faults.mjs";

/** @typedef {import("./manifest-faults.mjs").Manifest} Manifest */

/**
 * Packs every package that the build knows and that is not private as it would be published, unpacks them side by side in a folder that knows
 * nothing of this workspace, and looks at them as a stranger would: manifests, an import of each entry by the pinned
 * Node, the types of each entry by the compiler, and sources of C++ by CMake. Needs a build; packages with an addon are not imported.
 *
 * @returns {Promise<string[]>} faults, one line each
 */
export async function checkPackages() {
  const { references } = /** @type {{ references: { path: string }[] }} */ (readJson("tsconfig.json"));
  const built = packageFolders().filter((folder) => references.some(({ path }) => path === folder));
  const packages = built.flatMap((folder) => {
    const manifest = /** @type {Manifest} */ (readJson(join(folder, "package.json")));
    return manifest.private ? [] : [{ folder, name: manifest.name }];
  });
  const scratch = mkdtempSync(join(tmpdir(), "retrovue-pack-"));
  try {
    await pack(packages, scratch);
    /** @type {string[]} */
    const faults = [];
    /** @type {string[]} */
    const entries = [];
    for (const { folder, name } of packages) {
      const unpacked = join(scratch, "node_modules", name);
      const manifest = /** @type {Manifest} */ (
        JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"))
      );
      const files = readdirSync(unpacked, { recursive: true, encoding: "utf8" }).filter((path) =>
        statSync(join(unpacked, path)).isFile(),
      );
      faults.push(...manifestFaults(manifest, files).map((fault) => `${name} ${fault}`));
      linkDependencies(manifest, folder, scratch);
      const isNative = existsSync(join(root, folder, "CMakeLists.txt"));
      if (!isNative) entries.push(...entriesOf(manifest));
    }
    const names = packages.map(({ name }) => name);
    return [...faults, ...(await nativeFaults(names, scratch)), ...(await useFaults(entries, scratch))];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * @param {readonly { name: string }[]} packages
 * @param {string} scratch
 */
async function pack(packages, scratch) {
  const { packageManager } = /** @type {{ packageManager: string }} */ (readJson("package.json"));
  const filters = packages.flatMap(({ name }) => ["--filter", name]);
  const args = ["-y", packageManager, "-r", ...filters, "pack", "--pack-destination", scratch];
  await must("npx", args, root);
  for (const { name } of packages) {
    const prefix = `${name.replace("@", "").replace("/", "-")}-`;
    const tarball = readdirSync(scratch).find(
      (file) => file.startsWith(prefix) && /^\d.*\.tgz$/.test(file.slice(prefix.length)),
    );
    const into = join(scratch, "node_modules", name);
    mkdirSync(into, { recursive: true });
    await must(
      "tar",
      ["-xzf", join(scratch, tarball ?? prefix), "-C", into, "--strip-components=1"],
      scratch,
    );
  }
}

/**
 * Puts what a package depends on beside it, as an installer would; packages of ours lie there already.
 *
 * @param {Manifest} manifest
 * @param {string} folder where it stands in the workspace
 * @param {string} scratch
 */
function linkDependencies(manifest, folder, scratch) {
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    const link = join(scratch, "node_modules", name);
    if (existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, folder, "node_modules", name), link);
  }
}

/**
 * @param {readonly string[]} entries
 * @param {string} scratch
 */
async function useFaults(entries, scratch) {
  const statements = entries.map((entry, index) => `import * as e${index} from ${JSON.stringify(entry)};`);
  const uses = entries.map(
    (_, index) => `if (Object.keys(e${index}).length === 0) throw new Error("empty");`,
  );
  const compilerOptions = {
    module: "nodenext",
    target: "esnext",
    strict: true,
    noEmit: true,
    types: ["node"],
  };
  mkdirSync(join(scratch, "node_modules", "@types"), { recursive: true });
  symlinkSync(join(root, "node_modules/@types/node"), join(scratch, "node_modules/@types/node"));
  writeFileSync(join(scratch, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(scratch, "stranger.ts"), [...statements, ...uses, ""].join("\n"));
  writeFileSync(join(scratch, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["stranger.ts"] }));
  const options = { cwd: scratch, env: toolEnvironment() };
  const run = await runCommand(pinnedNode, ["stranger.ts"], options);
  const types = await runCommand("tsc", ["-p", "."], options);
  return [run, types].filter(({ code }) => code !== 0).map(({ output }) => output.trim());
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} cwd
 */
async function must(program, args, cwd) {
  const { code, output } = await runCommand(program, args, { cwd });
  if (code !== 0) {
    throw new SetUpError(`${program} ${args.join(" ")} failed.`, "See its words above.", output);
  }
}
