import { globSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type BenchFile, benchParts } from "./bench.ts";

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Checks what a bench file exports; `path` is for the message. */
export function asBenchFile(exported: unknown, path: string): BenchFile {
  const { part, benches } = exported as Partial<BenchFile>;
  if (!benchParts.some((known) => known === part)) {
    throw new TypeError(`${path}: export const part must be one of ${benchParts.join(", ")}`);
  }
  if (!Array.isArray(benches)) throw new TypeError(`${path}: export const benches must be a list`);
  for (const { bench } of benches as BenchFile["benches"]) {
    if (!kebabCase.test(bench)) throw new TypeError(`${path}: "${bench}" is not in kebab-case`);
  }
  return exported as BenchFile;
}

/** Loads all bench files of all packages, in the order of their paths. */
export async function loadBenchFiles(root: string): Promise<BenchFile[]> {
  const paths = globSync("packages/*/bench/*.bench.ts", { cwd: root }).sort();
  const files: BenchFile[] = [];
  for (const path of paths) files.push(asBenchFile(await import(pathToFileURL(join(root, path)).href), path));
  return files;
}
