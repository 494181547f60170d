import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PlayoutError } from "@retrovue/core";

/** A plugin's module and the package that it belongs to. */
export interface PluginFile {
  /** Absolute path of the module to be imported. */
  readonly file: string;
  /** Version of its package; undefined where it belongs to none, or to one without a version. */
  readonly version: string | undefined;
}

/**
 * Where a plugin's module is. A name is looked for from `folder` (that of the configuration), then from the engine; a path
 * may be that of a module or of a package's folder. Nothing is loaded. `PluginNotFound` with where it was looked for.
 */
export function findPlugin(use: string, folder: string): PluginFile {
  const file = isAbsolute(use) ? fileAt(use) : fileOfPackage(use, folder);
  return { file, version: manifestAbove(dirname(file))?.version };
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly exports?: unknown;
}

function fileAt(path: string): string {
  if (!existsSync(path))
    throw notFound(path, `Nothing is at ${path}.`, "Correct the path, or put the plugin there.");
  if (!statSync(path).isDirectory()) return path;
  const name = readManifest(path)?.name;
  // Through its own name a package's `exports` count as they do for everyone else.
  const file = name === undefined ? undefined : resolveFrom(join(path, "package.json"), name);
  const plain = file ?? resolveFrom(join(path, "package.json"), path);
  if (plain === undefined)
    throw notFound(
      path,
      `The folder ${path} has no module to load.`,
      "Name its main file, or build it first.",
    );
  return plain;
}

function fileOfPackage(use: string, folder: string): string {
  const file =
    resolveFrom(join(folder, "playout.yaml"), use) ?? resolveFrom(fileURLToPath(import.meta.url), use);
  if (file !== undefined) return file;
  throw notFound(
    use,
    `No package ${use} is installed in ${folder}, nor with the engine.`,
    `Install it there (npm install ${packageOf(use)}), or name another plugin.`,
  );
}

const packageOf = (use: string): string => use.split("/", use.startsWith("@") ? 2 : 1).join("/");

/** What `from` would load under this name; undefined where there is none, or it is there but not built. */
function resolveFrom(from: string, name: string): string | undefined {
  const require = createRequire(from);
  try {
    const file = require.resolve(name);
    return existsSync(file) ? file : undefined;
  } catch (thrown) {
    // A package for `import` alone: `require.resolve` does not see it.
    const isHidden = (thrown as NodeJS.ErrnoException).code === "ERR_PACKAGE_PATH_NOT_EXPORTED";
    return isHidden ? importEntry(name, require.resolve.paths(name) ?? []) : undefined;
  }
}

function importEntry(name: string, folders: readonly string[]): string | undefined {
  const subpath = name.slice(packageOf(name).length);
  for (const folder of folders) {
    const root = join(folder, packageOf(name));
    const exported = readManifest(root)?.exports;
    const target = importTarget(
      subpath === "" ? (member(exported, ".") ?? exported) : member(exported, `.${subpath}`),
    );
    if (target !== undefined && existsSync(join(root, target))) return join(root, target);
  }
  return undefined;
}

/** The first target for `import` among conditions, however deep. */
function importTarget(entry: unknown): string | undefined {
  if (typeof entry === "string") return entry;
  for (const condition of ["node", "import", "default"]) {
    const target = importTarget(member(entry, condition));
    if (target !== undefined) return target;
  }
  return undefined;
}

const member = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;

function manifestAbove(folder: string): Manifest | undefined {
  const manifest = readManifest(folder);
  if (manifest?.name !== undefined) return manifest;
  const parent = dirname(folder);
  return parent === folder ? undefined : manifestAbove(parent);
}

function readManifest(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  } catch {
    return undefined;
  }
}

const notFound = (plugin: string, what: string, remedy: string): PlayoutError =>
  new PlayoutError("PluginNotFound", what, { remedy, details: { plugin } });
