import { expect, test } from "vitest";
import { entriesOf, manifestFaults } from "./manifest-faults.mjs";

const good = {
  name: "@retrovue/a",
  description: "A package.",
  license: "MIT",
  exports: {
    ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
    "./a.json": "./a.json",
    "./part": { default: "./dist/part.js" },
  },
  dependencies: { "@retrovue/b": "0.1.0" },
};
const files = ["package.json", "LICENSE", "a.json", "dist/index.d.ts", "dist/index.js", "dist/part.js"];

test("pack/a-good-package-has-no-fault", () => {
  expect(manifestFaults(good, files)).toEqual([]);
  expect(entriesOf(good)).toEqual(["@retrovue/a", "@retrovue/a/part"]);
});

test.each([
  [
    "an entry that is not packed",
    good,
    files.slice(0, -1),
    /exports \.\/part > default names \.\/dist\/part\.js/,
  ],
  [
    "the condition of the workspace",
    { ...good, exports: { ".": { "@retrovue/source": "./src/index.ts" } } },
    files,
    /leave the condition out/,
  ],
  ["a dependency of the workspace", { ...good, dependencies: { b: "workspace:*" } }, files, /workspace:\*/],
  ["a test", good, [...files, "dist/a.test.js"], /a\.test\.js is of no use/],
  ["a source map without its sources", good, [...files, "dist/index.js.map"], /\.map is of no use/],
  ["no licence", good, files.filter((path) => path !== "LICENSE"), /no LICENSE/],
  ["no description", { ...good, description: "" }, files, /no description/],
])("pack/refuses %s", (_, manifest, packed, fault) => {
  const faults = manifestFaults(manifest, packed);
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatch(fault);
});
