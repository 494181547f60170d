import { type Fault, type FileMap, filesMatching, lineAt } from "./file-map.ts";
import { resolveRelative } from "./imports.ts";
import { blanked } from "./source-text.ts";

/** The hand-listed surface of a package: its entry and those of its folders that have one. */
const entry = /^packages\/[^/]+\/src\/(?:[\w-]+\/)*index\.ts$/;

const reExport = /^export\s+(?:type\s+)?(?:\{([^}]*)\}|(\*))\s+from\s*(["'])/gm;

/** Symbols that a package exports without a documentation comment at their declaration. Generated code has its own. */
export function publicDocFaults(files: FileMap): Fault[] {
  const faults = new Map<string, Fault>();
  for (const [path, text] of filesMatching(files, entry)) {
    for (const { names, specifier } of exportsFrom(text)) {
      const from = resolveRelative(files, path, specifier);
      if (from === undefined || from.includes("/gen/")) continue;
      const source = files.get(from) ?? "";
      for (const name of names) {
        const at = declarationOf(name, source);
        if (at === undefined || isDocumented(source, at)) continue;
        const message = `${name} is exported by ${path} but has no documentation comment`;
        faults.set(`${from} ${name}`, { path: from, line: lineAt(source, at), message });
      }
    }
  }
  return [...faults.values()];
}

interface ReExport {
  readonly names: readonly string[];
  readonly specifier: string;
}

/** Names as they are declared, not as they are renamed. `export *` of another entry is that entry's matter. */
function exportsFrom(source: string): ReExport[] {
  const text = blanked(source, "comments");
  return [...text.matchAll(reExport)].map((match) => {
    const quote = match[3] ?? '"';
    const from = match.index + match[0].length;
    const names = (match[1] ?? "")
      .split(",")
      .map((word) => word.trim().replace(/^type\s+/, ""))
      .map((word) => word.split(/\s+as\s+/)[0] ?? "")
      .filter((word) => word !== "");
    return { names, specifier: text.slice(from, text.indexOf(quote, from)) };
  });
}

function declarationOf(name: string, source: string): number | undefined {
  const kinds = "(?:abstract\\s+)?class|(?:async\\s+)?function\\*?|const|let|interface|type|enum";
  return new RegExp(`^export\\s+(?:declare\\s+)?(?:${kinds})\\s+${name}\\b`, "m").exec(source)?.index;
}

function isDocumented(source: string, at: number): boolean {
  // A linter's exemption may stand between the comment and the declaration.
  const before = source.slice(0, at).replace(/(?:\n\/\/ biome-ignore[^\n]*)?\s*$/, "");
  return before.endsWith("*/") && before.slice(before.lastIndexOf("/*")).startsWith("/**");
}
