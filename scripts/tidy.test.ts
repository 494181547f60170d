// What no compiler or linter checks: who imports whom, documents against code, and habits that this repository does
// without. Each rule is a pure function over the repository's files; the second half proves that each can fail.
//
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: sources to be scanned hold templates
import { describe, expect, test } from "vitest";
import { errorCodes, Status } from "../packages/core/src/errors/codes.ts";
import { metricDefinitions } from "../packages/core/src/metrics/definitions.ts";
import { root } from "./setup/root.mjs";
import { bannedCallFaults, exemptionFaults } from "./tidy/banned-calls.ts";
import {
  errorTableFaults,
  lessonFaults,
  linkFaults,
  metricTableFaults,
  quotationFaults,
} from "./tidy/documents.ts";
import { type Fault, type FileMap, lineOfFault, readRepository } from "./tidy/file-map.ts";
import { importsOf } from "./tidy/imports.ts";
import { folderFaults, lengthFaults, lockFileFaults, machineFaults } from "./tidy/layout.ts";
import {
  coreFaults,
  dependencyFaults,
  importFaults,
  importTable,
  noticeFaults,
} from "./tidy/package-rules.ts";
import { publicDocFaults } from "./tidy/public-docs.ts";
import { deadFileFaults } from "./tidy/reachability.ts";
import { blanked } from "./tidy/source-text.ts";

const nameOfStatus = new Map(Object.entries(Status).map(([name, status]) => [status, name]));
const codes = Object.entries(errorCodes).map(([name, { status, retryable, meaning }]) => ({
  name,
  status: nameOfStatus.get(status) ?? "",
  retryable,
  meaning,
}));

describe("this repository", () => {
  const files = readRepository(root);
  const clean = (faults: readonly Fault[]) => expect(faults.map(lineOfFault)).toEqual([]);

  test("tidy/the-rules-see-the-repository", () => {
    expect(files.has("packages/core/src/index.ts")).toBe(true);
    expect([...files.keys()].filter((path) => /(?:^|\/)(?:node_modules|dist|\.git)\//.test(path))).toEqual(
      [],
    );
  });
  test("tidy/packages-import-only-what-the-architecture-allows", () => {
    const table = importTable(files.get("docs/architecture.md") ?? "");
    expect(table.get("core")).toEqual(new Set());
    expect(table.get("engine")).toBe("everything");
    clean(importFaults(files, table));
  });
  test("tidy/the-core-does-no-io-and-keeps-its-container-in-one-folder", () => clean(coreFaults(files)));
  test("tidy/dependencies-are-declared-used-and-exact", () => clean(dependencyFaults(files)));
  test("tidy/work-of-others-is-named", () => clean(noticeFaults(files)));
  test("tidy/no-file-is-dead", () => clean(deadFileFaults(files)));
  test("tidy/calls-stay-where-they-belong", () => clean(bannedCallFaults(files)));
  test("tidy/no-check-is-switched-off-unagreed", () => clean(exemptionFaults(files)));
  test("tidy/files-have-one-purpose", () => clean(lengthFaults(files)));
  test("tidy/folders-say-what-is-in-them", () => clean(folderFaults(files)));
  test("tidy/nothing-of-one-machine-is-committed", () => clean(machineFaults(files)));
  test("tidy/one-lock-file-without-addresses", () => clean(lockFileFaults(files)));
  test("tidy/error-codes-are-documented", () => clean(errorTableFaults(files, codes)));
  test("tidy/metrics-are-documented", () => clean(metricTableFaults(files, metricDefinitions)));
  test("tidy/every-lesson-has-its-test", () => clean(lessonFaults(files)));
  test("tidy/what-is-exported-is-documented", () => clean(publicDocFaults(files)));
  test("tidy/links-lead-somewhere", () => clean(linkFaults(files)));
  test("tidy/quoted-code-is-the-code", () => {
    expect(files.get("docs/writing-a-decoder.md")).toContain("<!-- from: ");
    clean(quotationFaults(files));
  });
});

/** Files for a rule to look at, as path and content. */
const filesOf = (content: Record<string, string>): FileMap => new Map(Object.entries(content));
const messages = (faults: readonly Fault[]) => faults.map(lineOfFault);

describe("each rule can fail", () => {
  const architecture = [
    "| package | holds | may import |",
    "|---|---|---|",
    "| `core` | ports | nothing of ours |",
    "| `decoder-libav` | decode | `core`, `addon-kit` |",
    "| `transport-grpc`, `transport-connect` | control | `core`, `protocol` |",
    "| `engine` | composition | everything |",
  ].join("\n");

  test("tidy/an-import-against-the-table-is-found", () => {
    const files = filesOf({
      "packages/core/src/a.ts": 'import type { B } from "@retrovue/engine";\n',
      "packages/decoder-libav/src/a.ts":
        'import { a } from "@retrovue/core/di";\nexport * from "../../core/src/b.js";\n',
      "packages/decoder-libav/test/a.test.ts":
        'import { a } from "@retrovue/plugin-contract";\nimport { root } from "../../../scripts/setup/root.mjs";\nnew URL("../../..", import.meta.url);\n',
      "packages/decoder-libav/test/b.test.ts": 'import "../../../scripts/native.mjs";\n',
      "packages/transport-connect/src/a.ts": 'const a = await import("@retrovue/transport-grpc");\n',
      "packages/engine/src/a.ts": 'import "@retrovue/core";\n',
      "packages/stray/src/a.ts": "",
    });
    expect(messages(importFaults(files, importTable(architecture)))).toEqual([
      "packages/core/src/a.ts:1: core may not import @retrovue/engine (docs/architecture.md)",
      'packages/decoder-libav/src/a.ts:2: "../../core/src/b.js" reaches out of its package; import the other package by name',
      'packages/decoder-libav/test/b.test.ts:1: "../../../scripts/native.mjs" reaches out of its package; import the other package by name',
      'packages/stray/src/a.ts: docs/architecture.md has no package "stray"; add it to the table',
      "packages/transport-connect/src/a.ts:1: transport-connect may not import @retrovue/transport-grpc (docs/architecture.md)",
    ]);
  });

  test("tidy/io-or-a-container-in-the-core-is-found", () => {
    const files = filesOf({
      "packages/core/src/a.ts":
        'import { readFile } from "node:fs/promises";\nimport { container } from "tsyringe";\n',
      "packages/core/src/a.test.ts": 'import { readFile } from "node:fs/promises";\n',
      "packages/core/src/di/a.ts": 'import "reflect-metadata";\nimport { container } from "tsyringe";\n',
      "packages/engine/src/a.ts": 'import { container } from "tsyringe";\n',
    });
    expect(messages(coreFaults(files)).map((line) => line.split(": ")[0])).toEqual([
      "packages/core/src/a.ts:1",
      "packages/core/src/a.ts:2",
      "packages/engine/src/a.ts:1",
    ]);
  });

  test("tidy/an-undeclared-unused-or-loose-dependency-is-found", () => {
    const files = filesOf({
      "package.json": '{ "devDependencies": { "vitest": "5.1.1", "node-runtime": "npm:node@24.21.0" } }',
      "packages/a/package.json":
        '{ "name": "@retrovue/a", "dependencies": { "zod": "^4.0.0", "yaml": "2.9.1" }, "devDependencies": { "ajv": "8.0.0" } }',
      "packages/a/src/a.ts":
        'import { z } from "zod";\nimport ajv from "ajv";\nimport pino from "pino/file";\nimport own from "#own";\n',
      "packages/a/src/a.test.ts": 'import { test } from "vitest";\nimport ajv from "ajv";\n',
    });
    expect(messages(dependencyFaults(files))).toEqual([
      'packages/a/package.json: zod is "^4.0.0"; pin an exact version',
      "packages/a/src/a.ts:2: ajv is not in dependencies of packages/a/package.json",
      "packages/a/src/a.ts:3: pino is not in dependencies of packages/a/package.json",
      "packages/a/package.json: yaml is declared but never imported; remove it",
    ]);
  });

  test("tidy/work-of-others-without-a-notice-is-found", () => {
    const files = filesOf({
      "THIRD-PARTY-NOTICES.md": "| node (the pinned runtime) | MIT |\n| yaml | ISC |\n",
      "package.json": '{ "devDependencies": { "node-runtime": "npm:node@24.21.0" } }',
      "packages/a/package.json":
        '{ "dependencies": { "@retrovue/core": "workspace:*", "yaml": "2.9.1", "zod": "4.0.0" } }',
    });
    expect(noticeFaults(files).map(lineOfFault)).toEqual([
      "packages/a/package.json: zod is not in THIRD-PARTY-NOTICES.md; add it with its licence",
    ]);
  });

  test("tidy/a-dead-file-is-found", () => {
    const files = filesOf({
      "package.json": '{ "scripts": { "test": "node scripts/bootstrap.mjs test" } }',
      "packages/a/package.json":
        '{ "exports": { ".": { "@retrovue/source": "./src/index.ts", "default": "./dist/index.js" } } }',
      "packages/a/src/index.ts": 'export { b } from "./b.js";\nnew URL("./worker.js", import.meta.url);\n',
      "packages/a/src/b.ts": "",
      "packages/a/src/worker.ts": "",
      "packages/a/src/dead.ts": 'import { b } from "./b.js";\n// import "./dead-too.js"\n',
      "packages/a/src/only-tested.ts": "",
      "packages/a/src/only-tested.test.ts": 'import "./only-tested.js";\n',
      "scripts/bootstrap.mjs": 'join(root, "scripts", "check.mjs")',
      "scripts/check.mjs": "",
      "scripts/old.mjs": "",
    });
    expect(deadFileFaults(files).map(({ path }) => path)).toEqual([
      "packages/a/src/dead.ts",
      "scripts/old.mjs",
    ]);
  });

  test("tidy/a-banned-call-is-found", () => {
    const source = [
      "const a = Date.now();",
      "setTimeout(f, 1);",
      "process.exit(1);",
      'console.log("x");',
      "Math.random();",
      "performance.now();",
      "if (e instanceof PlayoutError) f();",
      '// Date.now() in a comment, "Date.now()" in a string, /x/ and a.setTimeout(1) are fine',
      'const fine = "Date.now()" + `console.log() ${1}`;',
    ].join("\n");
    const lines = (path: string) => bannedCallFaults(filesOf({ [path]: source })).map(({ line }) => line);
    expect(lines("packages/a/src/a.ts").toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(lines("packages/a/src/clock/a.ts").toSorted()).toEqual([3, 4, 5, 7]);
    expect(lines("packages/engine/src/cli/a.ts").toSorted()).toEqual([1, 2, 5, 6, 7]);
    expect(lines("packages/a/test/a.ts").toSorted()).toEqual([1, 2, 5, 6]);
    expect(lines("packages/a/bench/a.ts")).toEqual([]);
    expect(bannedCallFaults(filesOf({ "scripts/a.test.ts": "test.only('x')" }))).toHaveLength(1);
  });

  test("tidy/a-check-that-is-switched-off-is-found", () => {
    const marks = ["// biome-ignore lint/suspicious/noExplicitAny: why", ["// @ts", "ignore"].join("-")];
    const at = (path: string) =>
      exemptionFaults(filesOf({ [path]: marks.join("\n") })).map(({ line }) => line);
    expect(at("packages/a/src/a.ts")).toEqual([1, 2]);
    expect(at("packages/core/src/plugin/plugin.ts")).toEqual([2]);
  });

  test("tidy/a-long-file-and-a-nameless-folder-are-found", () => {
    const files = filesOf({
      "packages/a/src/long.ts": "\n".repeat(401),
      "packages/a/src/fits.ts": "\n".repeat(400),
      "packages/a/src/gen/long.ts": "\n".repeat(4000),
      "packages/a/src/utils/a.ts": "",
    });
    expect(lengthFaults(files).map(({ path }) => path)).toEqual(["packages/a/src/long.ts"]);
    expect(folderFaults(files).map(({ path }) => path)).toEqual(["packages/a/src/utils/a.ts"]);
  });

  test("tidy/a-path-of-one-machine-or-a-registry-host-is-found", () => {
    const path = ["", "home", "someone", "clip.mp4"].join("/");
    const host = `https:${"//"}registry.example.org/x`;
    const files = filesOf({
      "a.md": `see\n${path}`,
      "b.ts": `"${host}"`,
      "c.md": "docs/home/page, /srv/media, ./work/x",
      "d.sh": `podman pull ${["quay", "io"].join(".")}/x`,
    });
    expect(machineFaults(files).map(lineOfFault)).toEqual([
      expect.stringMatching(/^a\.md:2: .*path of one machine/),
      expect.stringMatching(/^b\.ts:1: .*host of a package registry/),
      expect.stringMatching(/^d\.sh:1: .*host of a package registry/),
    ]);
  });

  test("tidy/a-foreign-or-addressed-lock-file-is-found", () => {
    const address = `${"https:"}//example.org/a.tgz`;
    const files = filesOf({
      "package-lock.json": "{}",
      "pnpm-lock.yaml": `a:\n  resolution: {tarball: ${address}}\n`,
    });
    expect(lockFileFaults(files).map(({ path }) => path)).toEqual([
      "package-lock.json",
      "pnpm-lock.yaml",
      "pnpm-lock.yaml",
    ]);
    expect(lockFileFaults(filesOf({}))).toHaveLength(1);
    expect(lockFileFaults(filesOf({ "pnpm-lock.yaml": "a: 1" }))).toEqual([]);
  });

  test("tidy/an-error-table-that-differs-is-found", () => {
    const table = (rows: string) =>
      filesOf({ "docs/errors.md": `| code | status | retry | meaning |\n|---|---|---|---|\n${rows}` });
    const coded = [{ name: "Closed", status: "FailedPrecondition", retryable: false, meaning: "Used late." }];
    expect(errorTableFaults(table("| `Closed` | FailedPrecondition | no | Used late. |"), coded)).toEqual([]);
    expect(
      errorTableFaults(table("| `Closed` | FailedPrecondition | yes | Used late. |"), coded),
    ).toHaveLength(1);
    expect(errorTableFaults(table("| `Open` | FailedPrecondition | no | Used late. |"), coded)).toHaveLength(
      2,
    );
  });

  test("tidy/a-metric-table-that-differs-is-found", () => {
    const table = (rows: string) =>
      filesOf({
        "docs/contracts/metrics.md": `| metric | type | labels | meaning |\n|---|---|---|---|\n${rows}`,
      });
    const coded = [{ name: "a_total", type: "counter", labels: ["channel", "kind"], help: "Things." }];
    expect(metricTableFaults(table("| `a_total` | counter | `channel`, `kind` | Things. |"), coded)).toEqual(
      [],
    );
    expect(
      metricTableFaults(table("| `a_total` | gauge | `channel`, `kind` | Things. |"), coded),
    ).toHaveLength(1);
    expect(metricTableFaults(table("| `a_total` | counter | `channel` | Things. |"), coded)).toHaveLength(1);
    expect(metricTableFaults(table(""), coded)).toHaveLength(1);
  });

  test("tidy/a-lesson-without-its-test-is-found", () => {
    const document = (first: string) =>
      [
        "| no. | lesson | borne by |",
        "|---|---|---|",
        first,
        ...Array.from({ length: 51 }, (_, n) => `| ${n + 2} | a | comes with b |`),
      ]
        .filter((line) => line !== "")
        .join("\n");
    const faults = (first: string, tests: string) =>
      messages(
        lessonFaults(filesOf({ "docs/lessons.md": document(first), "packages/a/src/a.test.ts": tests })),
      );
    const borne =
      'test("lesson/01-speed-is-true", () => {});\ntest.each([f(1)])(\n  "lesson/01-other at %s", () => {});';
    expect(faults("| 1 | a | `lesson/01` |", borne)).toEqual([]);
    expect(faults("| 1 | a | `lesson/01-speed-is-true` |", borne)).toEqual([]);
    expect(faults("| 1 | a | `lesson/01-speed` |", 'test("lesson/01-other", f)')).toHaveLength(1);
    expect(faults("| 1 | a | `lesson/02` |", borne)).toHaveLength(1);
    expect(faults("| 1 | a | comes with b |", borne)).toEqual([expect.stringContaining("name it here")]);
    expect(faults("", borne)).toEqual(["docs/lessons.md: lesson 1 is missing"]);
  });

  test("tidy/an-export-without-a-comment-is-found", () => {
    const files = filesOf({
      "packages/a/src/index.ts":
        'export { bare, told, type Bare, inner as outer } from "./a.js";\nexport { Made } from "./gen/a.js";\n',
      "packages/a/src/a.ts": [
        "/** Why. */",
        "export const told = 1;",
        "export const bare = 2;",
        "/* No documentation. */",
        "export interface Bare {}",
        "// Nor this.",
        "export async function inner() {}",
      ].join("\n"),
      "packages/a/src/gen/a.ts": "export class Made {}",
    });
    expect(publicDocFaults(files).map(({ line, message }) => `${line} ${message.split(" ")[0]}`)).toEqual([
      "3 bare",
      "5 Bare",
      "7 inner",
    ]);
  });

  test("tidy/a-link-that-leads-nowhere-is-found", () => {
    const files = filesOf({
      "docs/a.md":
        "[b](b.md) [code](../packages/a) [c](c.md) [h](b.md#the-heading) [i](b.md#no) `[x](y)` [w](https://example.org)",
      "docs/b.md": "# The `heading`\n",
      "packages/a/x.ts": "",
    });
    expect(messages(linkFaults(files))).toEqual([
      'docs/a.md:1: "c.md" leads nowhere',
      "docs/a.md:1: docs/b.md has no heading for #no",
    ]);
  });
});

describe("the scanner", () => {
  test("tidy/a-quotation-that-differs-is-found", () => {
    const guide = (code: string, from = "src/a.ts") => `<!-- from: ${from} -->\n\n\`\`\`ts\n${code}\`\`\`\n`;
    const faults = (document: string) =>
      quotationFaults(
        new Map([
          ["docs/guide.md", document],
          ["src/a.ts", "const a = 1;\nconst b = 2;\n"],
        ]),
      ).length;
    expect(faults(guide("const a = 1;\nconst b = 2;\n"))).toBe(0);
    expect(faults(guide("const b = 2;\n"))).toBe(0);
    expect(faults(guide("const b = 3;\n"))).toBe(1);
    expect(faults(guide("b = 2;\n"))).toBe(1);
    expect(faults(guide("const a = 1;\n", "src/gone.ts"))).toBe(1);
  });

  test("tidy/imports-of-every-form-are-read", () => {
    const source = [
      'import a, { type B } from "a";',
      "import type {\n  C,\n} from './c.js';",
      'export * from "d";',
      'export type { E } from "e";',
      'import "f";',
      'const g = await import("g");',
      'const h = new URL("./h.js", import.meta.url);',
      'import * as i from "i"; // import "not"',
      '/* import "nor this" */ const s = \'import "neither"\'; const t = `import "n" ${"m"} from "k"`;',
      "export const from = 1; const x = { import: 1 };",
    ].join("\n");
    expect(importsOf(source).map(({ specifier, line }) => `${specifier} ${line}`)).toEqual([
      "a 1",
      "./c.js 4",
      "d 5",
      "e 6",
      "f 7",
      "g 8",
      "./h.js 9",
      "i 10",
    ]);
  });

  test("tidy/blanks-keep-offsets-and-know-strings-templates-and-expressions", () => {
    const source =
      "const a = 'x//y'; // c\nconst b = `p${f({ q: `r` })}s`; const c = a / 2; const d = /\"[/]'/g; /* e\n */ g()";
    const text = blanked(source, "comments and strings");
    expect(text).toHaveLength(source.length);
    expect(text.replace(/ +/g, " ")).toBe(
      "const a = ' '; \nconst b = ` ${f({ q: ` ` })} `; const c = a / 2; const d = / /g; \n g()",
    );
    expect(blanked(source, "comments")).toContain("'x//y'");
  });
});
