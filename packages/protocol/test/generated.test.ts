import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const generatedFolder = join("packages", "protocol", "src", "gen");
const folder = mkdtempSync(join(tmpdir(), "retrovue-gen-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("proto/generated-code-is-what-the-generator-makes", { timeout: 60_000 }, () => {
  const bin = join(root, "node_modules", ".bin");
  const pinned = join(root, "node_modules", "node-runtime", "bin");
  const path = [pinned, bin, process.env["PATH"] ?? ""].join(delimiter);
  const result = spawnSync("buf", ["generate", "--output", folder], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, PATH: path },
  });
  expect(result.stderr).toBe("");
  const committed = filesIn(join(root, generatedFolder));
  expect(committed.size).toBeGreaterThan(5);
  expect(filesIn(join(folder, generatedFolder)), "run `pnpm proto:generate`").toEqual(committed);
});

/** Every file below a folder, by its path there. */
function filesIn(at: string): Map<string, string> {
  const paths = readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return new Map(paths.map((path) => [path.slice(at.length + 1), readFileSync(path, "utf8")]));
}
