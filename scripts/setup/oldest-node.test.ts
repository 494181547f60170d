import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { importsOf, resolveRelative } from "../tidy/imports.ts";
import { blanked } from "../tidy/source-text.ts";
import { root, toolEnvironment } from "./root.mjs";

/** What is run by whatever Node a machine has, as long as it is 20 or newer (README.md). */
const entries = ["scripts/bootstrap.mjs", "scripts/native.mjs"];
const oldest = 20;

/** Everything that they import, and so what the old Node reads before the pinned one is there. */
function filesBeforeTheInstall(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    const text = readFileSync(join(root, path), "utf8");
    found.set(path, text);
    for (const { specifier } of importsOf(text)) {
      expect(specifier, `${path} imports what no Node brings along`).toMatch(/^(?:node:|\.)/);
      if (!specifier.startsWith(".")) continue;
      const target = new URL(specifier, `file:///${path}`).pathname.slice(1);
      waiting.push(resolveRelative(new Map([[target, ""]]), path, specifier) ?? target);
    }
  }
  return found;
}

/** A Node between the oldest and ours, where the machine has one. */
function olderNode(): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/bin", "/usr/bin"];
  return folders
    .map((folder) => join(folder, "node"))
    .find((program) => {
      const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
      const major = Number(/^v(\d+)\./.exec(stdout ?? "")?.[1]);
      return major >= oldest && major < Number(process.versions.node.split(".")[0]);
    });
}

/** Syntax that came after it; what came with libraries, the compiler finds. */
const newerSyntax = [/\busing\s+[\w$]+\s*=/, /\bimport\s+(?:defer|source)\b/];

describe("what runs before anything is installed", () => {
  test("set-up/uses-nothing-that-the-oldest-node-lacks", () => {
    const project = ["-p", "scripts/setup/tsconfig.node20.json"];
    const compiled = spawnSync("tsc", project, { cwd: root, env: toolEnvironment(), encoding: "utf8" });
    expect([compiled.status, compiled.stdout]).toEqual([0, ""]);
  });

  test("set-up/is-written-in-syntax-that-the-oldest-node-reads", () => {
    const files = filesBeforeTheInstall();
    expect(files.size).toBeGreaterThan(10);
    for (const [path, text] of files) {
      const code = blanked(text, "comments and strings");
      for (const syntax of newerSyntax) expect(code, path).not.toMatch(syntax);
    }
  });

  const node = olderNode();
  test.skipIf(node === undefined).each(entries)("set-up/an-older-node-reads-and-imports: %s", (entry) => {
    // Asked for nothing they know, they say how they are used, having imported everything.
    const run = spawnSync(node ?? "", [join(root, entry), "nothing-known"], { encoding: "utf8" });
    expect([run.status, run.stderr]).toEqual([2, expect.stringMatching(/usage/i)]);
  });
});
