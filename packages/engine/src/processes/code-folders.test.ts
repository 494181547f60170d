import { mkdirSync, mkdtempDisposableSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { codeFoldersOf, libraryFolders } from "./code-folders.js";

/** A folder with these files in it, all empty. */
function tree(files: readonly string[]) {
  const folder = mkdtempDisposableSync(join(realpathSync(tmpdir()), "code-"));
  for (const file of files) {
    mkdirSync(join(folder.path, file, ".."), { recursive: true });
    writeFileSync(join(folder.path, file), "");
  }
  return { at: (name: string) => join(folder.path, name), [Symbol.dispose]: () => folder.remove() };
}

describe("processes/code-folders", () => {
  test("processes/a-package-of-a-workspace-brings-the-packages-that-it-links", () => {
    using made = tree([
      "node_modules/.store/zod/index.js",
      "packages/engine/package.json",
      "packages/engine/dist/main.js",
      "packages/core/package.json",
      "packages/core/dist/index.js",
      "packages/console/package.json",
      "secrets/token",
    ]);
    mkdirSync(made.at("packages/engine/node_modules/@x"), { recursive: true });
    symlinkSync(made.at("packages/core"), made.at("packages/engine/node_modules/@x/core"));
    symlinkSync(made.at("node_modules/.store/zod"), made.at("packages/engine/node_modules/zod"));
    expect(codeFoldersOf([made.at("packages/engine/dist/main.js")])).toEqual([
      made.at("node_modules"),
      made.at("packages/core"),
      made.at("packages/engine"),
    ]);
  });

  test("processes/an-installed-package-brings-its-folder-of-modules", () => {
    using made = tree(["app/node_modules/@x/engine/package.json", "app/node_modules/@x/engine/dist/main.js"]);
    expect(codeFoldersOf([made.at("app/node_modules/@x/engine/dist/main.js")])).toEqual([
      made.at("app/node_modules"),
    ]);
  });

  test("processes/a-module-of-no-package-brings-the-folder-that-it-lies-in", () => {
    using made = tree(["plugins/mine/decoder.js"]);
    const found = codeFoldersOf([made.at("plugins/mine/decoder.js")]);
    // Folders of modules further up the file system are not this test's.
    expect(found.filter((path) => path.startsWith(made.at("")))).toEqual([made.at("plugins/mine")]);
  });

  test("processes/libraries-lie-where-this-process-has-its-own-from", () => {
    const folders = libraryFolders();
    expect(folders.some((folder) => /\/lib/.test(folder))).toBe(true);
    expect(folders.filter((folder) => folder.includes("node_modules"))).toEqual([]);
  });
});
