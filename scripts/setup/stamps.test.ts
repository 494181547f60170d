import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { digestOf, Stamps } from "./stamps.mjs";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stamps-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test("setup/a-step-is-skipped-only-for-the-same-inputs", () => {
  const stamps = new Stamps(join(folder, "stamps"));
  expect(stamps.holds("install", "a")).toBe(false);
  stamps.set("install", "a");
  expect(stamps.holds("install", "a")).toBe(true);
  expect(stamps.holds("install", "b")).toBe(false);
  expect(stamps.holds("build", "a")).toBe(false);
  stamps.clear("install");
  expect(stamps.holds("install", "a")).toBe(false);
});

test("setup/a-share-done-with-other-inputs-undoes-the-whole", async () => {
  const stamps = new Stamps(join(folder, "stamps"));
  const done: string[] = [];
  const build = (share: string, inputs: string) =>
    stamps.renew("native-release", share, inputs, async () => {
      done.push(`${share} ${inputs}`);
    });
  stamps.set("native-asan", "a");
  await build("", "a");
  await build("", "a");
  await build("shipped", "a");
  await build("shipped", "b");
  await build("shipped", "b");
  await build("", "a");
  await build("shipped", "b");
  expect(done).toEqual([" a", "shipped b", " a", "shipped b"]);
  const failure = stamps.renew("native-release", "renderer", "c", () => Promise.reject(new Error("broken")));
  await expect(failure).rejects.toThrow("broken");
  expect(stamps.holds("native-release-shipped", "b")).toBe(false);
  expect(stamps.holds("native-release-renderer", "c")).toBe(false);
  expect(stamps.holds("native-asan", "a")).toBe(true);
});

test("setup/a-digest-sees-content-names-words-and-missing-files", () => {
  writeFileSync(join(folder, "a"), "one");
  const first = digestOf(folder, ["a", "b"], ["linux"]);
  expect(digestOf(folder, ["a", "b"], ["linux"])).toBe(first);
  expect(digestOf(folder, ["a", "b"], ["darwin"])).not.toBe(first);
  expect(digestOf(folder, ["a"], ["linux"])).not.toBe(first);
  writeFileSync(join(folder, "b"), "");
  expect(digestOf(folder, ["a", "b"], ["linux"])).not.toBe(first);
});
