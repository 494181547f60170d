import { posix } from "node:path";
import { type FileMap, lineAt } from "./file-map.ts";
import { blanked } from "./source-text.ts";

/** A place where a source file names another module. */
export interface Import {
  /** As written: `./tick.js`, `@retrovue/core/di`, `node:fs`. */
  readonly specifier: string;
  readonly line: number;
  /** True for `new URL("./worker.js", import.meta.url)`: how workers and files beside the code are named. */
  readonly byUrl: boolean;
}

/**
 * Import and export statements with a source, bare imports, `import()` and `import.meta.resolve()`, looked for where
 * strings are blanked, so that code within a string is not taken for code.
 */
const statements = [
  /\b(?:import|export)\b(?:\s+type\b)?\s*(?:[\w$*{][^;"'`()=]*?)?\bfrom\s*(["'])([^"'\n]+)\1/dg,
  /\bimport\s*(["'])([^"'\n]+)\1/dg,
  /\bimport\s*\(\s*(["'])([^"'\n]+)\1/dg,
  /\bimport\.meta\.resolve\s*\(\s*(["'])([^"'\n]+)\1/dg,
];
const urls = /\bnew\s+URL\s*\(\s*(["'])([^"'\n]+)\1\s*,\s*import\.meta\.url/dg;

/** Everything that a source file imports, types included, in the order of their lines. */
export function importsOf(source: string): Import[] {
  const text = blanked(source, "comments and strings");
  const found = (pattern: RegExp, byUrl: boolean) =>
    [...text.matchAll(pattern)].map((match) => {
      const [from, to] = match.indices?.[2] ?? [0, 0];
      return { specifier: source.slice(from, to), line: lineAt(text, from), byUrl };
    });
  return [...statements.flatMap((pattern) => found(pattern, false)), ...found(urls, true)].sort(
    (a, b) => a.line - b.line,
  );
}

/** Name of the package in a specifier that is neither relative nor of Node nor one of its package's own (`#worker`): `@retrovue/core/di` → `@retrovue/core`. */
export function packageOf(specifier: string): string | undefined {
  if (/^(?:[./#]|node:|file:|https?:|data:)/.test(specifier)) return undefined;
  const [first = "", second = ""] = specifier.split("/");
  return first.startsWith("@") ? `${first}/${second}` : first;
}

/** The file that a relative specifier means: sources are named by what they are compiled to. */
export function resolveRelative(files: FileMap, from: string, specifier: string): string | undefined {
  const path = posix.normalize(posix.join(posix.dirname(from), specifier));
  const candidates = [
    path,
    path.replace(/\.js$/, ".ts"),
    path.replace(/\.js$/, ".tsx"),
    path.replace(/\.mjs$/, ".mts"),
  ];
  return candidates.find((candidate) => files.has(candidate));
}
