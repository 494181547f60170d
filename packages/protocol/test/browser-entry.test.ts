import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const entry = fileURLToPath(new URL("../src/browser.ts", import.meta.url));

/** Every module that a file imports when it runs; imports of types leave no trace in what is shipped. */
function importsOf(path: string): string[] {
  const text = readFileSync(path, "utf8");
  const statements = text.matchAll(
    /^(?:import|export)\s(?!type\s)[^;]*?from\s+"([^"]+)";|^import\s+"([^"]+)";/gm,
  );
  return [...statements].map((match) => match[1] ?? match[2] ?? "");
}

/** Modules from outside the package that an entry pulls in, however far down. */
function outsideImports(start: string): Set<string> {
  const outside = new Set<string>();
  const seen = new Set<string>();
  const waiting = [start];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const name of importsOf(path)) {
      if (name.startsWith(".")) waiting.push(join(dirname(path), name.replace(/\.js$/, ".ts")));
      else outside.add(name);
    }
  }
  return outside;
}

test("protocol/browser-entry-pulls-in-neither-node-nor-core", () => {
  expect([...outsideImports(entry)].sort()).toEqual([
    "@bufbuild/protobuf",
    "@bufbuild/protobuf/codegenv2",
    "@bufbuild/protobuf/wkt",
  ]);
});

test("protocol/the-check-of-the-browser-entry-sees-what-it-looks-for", () => {
  const main = outsideImports(entry.replace("browser.ts", "index.ts"));
  expect(main).toContain("@retrovue/core");
  expect(main).toContain("node:crypto");
});
