import { type Fault, type FileMap, filesMatching } from "./file-map.ts";
import { importsOf, resolveRelative } from "./imports.ts";

const code = /^(?:packages\/[^/]+|scripts)\/.+\.[cm]?[jt]sx?$|^[^/]+\.config\.ts$/;
const startsByItself = /\.test\.[cm]?tsx?$|\/(?:test|bench)\/|^[^/]+\.config\.ts$/;

/** Generated code is complete or not by its generator's word. */
const generated = /\/gen\//;

/** Strings anywhere in a package.json, however deep. */
function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

/** Files that something outside the code starts: package entries, bins, scripts, tests, benches, configurations. */
function entries(files: FileMap): string[] {
  const found: string[] = [];
  for (const [path, text] of filesMatching(files, /(?:^|\/)package\.json$/)) {
    const folder = path.slice(0, -"package.json".length);
    for (const value of stringsIn(JSON.parse(text))) {
      for (const word of value.split(/\s+/)) {
        const target = `${folder}${word.replace(/^\.\//, "")}`;
        if (files.has(target)) found.push(target);
        // A built entry stands for its source.
        const ofSource = target.replace("/dist/", "/src/").replace(/\.js$/, ".ts");
        if (files.has(ofSource)) found.push(ofSource);
      }
    }
  }
  for (const [path] of filesMatching(files, code)) if (startsByItself.test(path)) found.push(path);
  // Launchers without an ending, and workflows, name built or plain files by path.
  for (const [, text] of filesMatching(files, /^(?:bin|\.ci|deploy)\//)) {
    for (const match of text.matchAll(/(?:packages|scripts)\/[\w./-]+\.[cm]?[jt]s\b/g)) {
      const target = match[0].replace("/dist/", "/src/").replace(/\.js$/, ".ts");
      found.push(files.has(match[0]) ? match[0] : target);
    }
  }
  return found;
}

/** Code that nothing reaches: no package entry, bin, script, test or bench imports it, directly or through others. */
export function deadFileFaults(files: FileMap): Fault[] {
  const reached = new Set<string>();
  const waiting = entries(files);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const text = files.get(path);
    if (text === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const { specifier } of importsOf(text)) {
      if (!specifier.startsWith(".")) continue;
      const target = resolveRelative(files, path, specifier);
      if (target !== undefined) waiting.push(target);
    }
    // Scripts start one another by name: join(root, "scripts", "check.mjs").
    for (const match of text.matchAll(/"scripts", "([\w.-]+)"/g)) waiting.push(`scripts/${match[1]}`);
  }
  return filesMatching(files, code)
    .filter(([path]) => !reached.has(path) && !generated.test(path) && !path.endsWith(".d.ts"))
    .map(([path]) => ({ path, message: "nothing imports or starts this file; use it or remove it" }));
}
