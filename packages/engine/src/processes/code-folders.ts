import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, sep } from "node:path";

/**
 * Folders that hold what a module loads: its package, the folders of modules above it, and the packages that are linked there from
 * elsewhere (a workspace, `npm link`), with theirs. Looked up once, at start.
 */
export function codeFoldersOf(modules: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const waiting = modules.map(realPath);
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    const folder = packageOf(file);
    if (found.has(folder)) continue;
    found.add(folder);
    for (const modulesFolder of moduleFoldersAbove(folder)) {
      found.add(modulesFolder);
      if (dirname(modulesFolder) === folder) waiting.push(...linkedFrom(modulesFolder));
    }
  }
  const all = [...found];
  return all.filter((one) => !all.some((other) => other !== one && one.startsWith(other + sep))).sort();
}

const modulesName = "node_modules";

/** The folder of a file's package; of one that belongs to none, its own. */
function packageOf(path: string): string {
  for (let folder = path; dirname(folder) !== folder; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  return dirname(path);
}

function moduleFoldersAbove(folder: string): readonly string[] {
  const found: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, modulesName);
    if (at.split(sep).at(-1) !== modulesName && existsSync(candidate)) found.push(realPath(candidate));
    if (dirname(at) === at) return found;
  }
}

/** Packages that a folder of modules links from outside of any such folder. */
function linkedFrom(modulesFolder: string): readonly string[] {
  return readdirSync(modulesFolder, { withFileTypes: true })
    .flatMap((entry) =>
      entry.name.startsWith("@") && entry.isDirectory()
        ? readdirSync(join(modulesFolder, entry.name), { withFileTypes: true })
        : [entry],
    )
    .filter((entry) => entry.isSymbolicLink())
    .map((entry) => realPath(join(entry.parentPath, entry.name)))
    .filter((path) => !path.split(sep).includes(modulesName) && existsSync(path));
}

/** Folders of the libraries that this process has loaded: the same programs will be run. */
export function libraryFolders(): readonly string[] {
  let maps: string;
  try {
    maps = readFileSync("/proc/self/maps", "utf8");
  } catch {
    return [];
  }
  const libraries = maps.matchAll(/ (\/[^\n]*\.so(?:\.[^\n/]*)?)$/gm);
  return [...new Set([...libraries].map(([, path = ""]) => dirname(path)))].filter(
    (path) => !path.split(sep).includes(modulesName),
  );
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
