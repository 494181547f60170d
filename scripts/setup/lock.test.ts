import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withLock } from "./lock.mjs";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lock-"));
  path = join(folder, "set-up.lock");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test("setup/two-starts-at-once-work-one-after-the-other", async () => {
  const seen: string[] = [];
  const work = (name: string) =>
    withLock(path, async () => {
      seen.push(`${name} in`);
      await Promise.resolve();
      seen.push(`${name} out`);
    });
  await Promise.all([work("a"), work("b")]);
  expect(seen).toEqual(["a in", "a out", "b in", "b out"]);
  expect(existsSync(path)).toBe(false);
});

test("setup/a-dead-holder-does-not-keep-the-lock", async () => {
  writeFileSync(path, String(spawnSync(process.execPath, ["--version"]).pid));
  expect(await withLock(path, async () => readFileSync(path, "utf8"))).toBe(String(process.pid));
});

test("setup/failing-work-gives-the-lock-back", async () => {
  await expect(withLock(path, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(existsSync(path)).toBe(false);
});
