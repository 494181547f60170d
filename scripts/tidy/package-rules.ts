import { type Fault, type FileMap, filesMatching } from "./file-map.ts";
import { importsOf, packageOf } from "./imports.ts";
import { codeWords, tableRows } from "./markdown-table.ts";

const scope = "@retrovue/";
const source = /^packages\/([^/]+)\/(.+\.[cm]?[jt]sx?)$/;

/** Folders and files that are not shipped: they may use what the shipped code may not. */
const unshipped = /(?:\.test\.[cm]?tsx?$|^(?:test|bench)\/)/;

/** Packages that only tests of others may import, whatever the table says. */
const forTestsOnly = new Set(["plugin-contract", "sim"]);

/** What lies outside of all packages and may be reached by path: what benches share, and what runs the tools of the set-up. */
const outsideHelpers = [
  { from: /^(?:bench|test)\//, to: /^(?:\.\.\/)+scripts\/bench\/[\w-]+\.ts$/ },
  { from: /\.test\.ts$|^test\//, to: /^(?:\.\.\/)+scripts\/setup\/[\w-]+\.mjs$/ },
];

/** Who may import whom, by package name without scope; `everything` for the composition root. */
export type ImportTable = ReadonlyMap<string, ReadonlySet<string> | "everything">;

/** Reads the table under `| package | holds | may import |` of docs/architecture.md. */
export function importTable(architecture: string): ImportTable {
  const table = new Map<string, ReadonlySet<string> | "everything">();
  for (const { cells } of tableRows(architecture, "package")) {
    const may = cells["may import"] ?? "";
    const allowed = may.startsWith("everything") ? ("everything" as const) : new Set(codeWords(may));
    for (const name of codeWords(cells["package"] ?? "")) table.set(name, allowed);
  }
  return table;
}

/** Imports between packages against the table; a package that the table does not know is a fault too. */
export function importFaults(files: FileMap, table: ImportTable): Fault[] {
  const faults: Fault[] = [];
  for (const [path, text] of filesMatching(files, source)) {
    const [, name = "", inside = ""] = source.exec(path) ?? [];
    const allowed = table.get(name);
    if (allowed === undefined) {
      faults.push({ path, message: `docs/architecture.md has no package "${name}"; add it to the table` });
      continue;
    }
    const fault = (line: number, message: string) => faults.push({ path, line, message });
    for (const { specifier, line, byUrl } of importsOf(text)) {
      // A test may read a file of the repository by its address; that imports nothing.
      const isFileOfTest = byUrl && unshipped.test(inside);
      if (specifier.startsWith(".") && !isFileOfTest && leavesPackage(inside, specifier)) {
        if (!outsideHelpers.some(({ from, to }) => from.test(inside) && to.test(specifier))) {
          fault(line, `"${specifier}" reaches out of its package; import the other package by name`);
        }
      }
      const target = packageOf(specifier);
      if (!target?.startsWith(scope)) continue;
      const short = target.slice(scope.length);
      const ok = short === name || allowed === "everything" || allowed.has(short);
      const okInTest = unshipped.test(inside) && forTestsOnly.has(short);
      if (!ok && !okInTest) fault(line, `${name} may not import ${target} (docs/architecture.md)`);
    }
  }
  return faults;
}

function leavesPackage(inside: string, specifier: string): boolean {
  let depth = inside.split("/").length - 1;
  for (const step of specifier.split("/")) {
    if (step === "..") depth -= 1;
    else if (step !== ".") depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

/** The core's own rules: no I/O (so nothing of Node), and tsyringe nowhere but in `src/di/`. */
export function coreFaults(files: FileMap): Fault[] {
  const faults: Fault[] = [];
  for (const [path, text] of filesMatching(files, source)) {
    const [, name = "", inside = ""] = source.exec(path) ?? [];
    for (const { specifier, line } of importsOf(text)) {
      const isContainer = ["tsyringe", "reflect-metadata"].includes(packageOf(specifier) ?? "");
      if (isContainer && !(name === "core" && inside.startsWith("src/di/"))) {
        faults.push({
          path,
          line,
          message: `"${specifier}" belongs to packages/core/src/di alone; use @retrovue/core/di`,
        });
      }
      if (name === "core" && !unshipped.test(inside) && specifier.startsWith("node:")) {
        faults.push({ path, line, message: `the core does no I/O; "${specifier}" belongs behind a port` });
      }
    }
  }
  return faults;
}

interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Packages of C++ that CMake reads, and so no import names. */
const namedByBuilds = new Set([
  "node-api-headers",
  "node-addon-api",
  "@retrovue/addon-kit",
  "@retrovue/libav-kit",
]);

/** Imports against each package.json: nothing undeclared, nothing declared in vain, versions exact. */
export function dependencyFaults(files: FileMap): Fault[] {
  const faults: Fault[] = [];
  const rootManifest = JSON.parse(files.get("package.json") ?? "{}") as Manifest;
  const shared = Object.keys(rootManifest.devDependencies ?? {});
  for (const [path, text] of filesMatching(files, /^(?:packages\/[^/]+\/)?package\.json$/)) {
    const manifest = JSON.parse(text) as Manifest;
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      if (!/^(?:npm:@?[^@]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$|^workspace:\*$/.test(version)) {
        faults.push({ path, message: `${name} is "${version}"; pin an exact version` });
      }
    }
    if (path === "package.json") continue;

    const folder = path.slice(0, -"package.json".length);
    const shipped = new Set([
      ...Object.keys(manifest.dependencies ?? {}),
      ...Object.keys(manifest.peerDependencies ?? {}),
      ...Object.keys(manifest.optionalDependencies ?? {}),
    ]);
    const own = new Set([...shipped, ...Object.keys(manifest.devDependencies ?? {})]);
    const used = new Set<string>();
    for (const [file, content] of filesMatching(files, source)) {
      if (!file.startsWith(folder)) continue;
      const forTests = unshipped.test(file.slice(folder.length));
      for (const { specifier, line } of importsOf(content)) {
        const target = packageOf(specifier);
        if (target === undefined || target === manifest.name) continue;
        used.add(target);
        const known = forTests ? own.has(target) || shared.includes(target) : shipped.has(target);
        if (!known) {
          const where = forTests ? "devDependencies" : "dependencies";
          faults.push({ path: file, line, message: `${target} is not in ${where} of ${path}` });
        }
      }
    }
    for (const name of own) {
      const isTypes = name.startsWith("@types/");
      if (!used.has(name) && !isTypes && !namedByBuilds.has(name)) {
        faults.push({ path, message: `${name} is declared but never imported; remove it` });
      }
    }
  }
  return faults;
}

/** Packages of others that a package.json names but THIRD-PARTY-NOTICES.md does not; the runtime's alias is named as node. */
export function noticeFaults(files: FileMap): Fault[] {
  const notices = files.get("THIRD-PARTY-NOTICES.md") ?? "";
  const faults: Fault[] = [];
  for (const [path, text] of filesMatching(files, /^(?:(?:packages|examples)\/[^/]+\/)?package\.json$/)) {
    const { dependencies, devDependencies, peerDependencies } = JSON.parse(text) as Manifest;
    for (const [alias, version] of Object.entries({
      ...dependencies,
      ...devDependencies,
      ...peerDependencies,
    })) {
      const name = /^npm:(.+)@/.exec(version)?.[1] ?? alias;
      if (name.startsWith(scope) || notices.includes(`| ${name} `)) continue;
      faults.push({ path, message: `${name} is not in THIRD-PARTY-NOTICES.md; add it with its licence` });
    }
  }
  return faults;
}
