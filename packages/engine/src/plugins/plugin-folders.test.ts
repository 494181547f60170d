import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Log } from "../log/log.js";
import { foldersFor, makePluginFolders, pluginFoldersOf } from "./plugin-folders.js";

let dataDir = "";
const warned: string[] = [];
const log = { warn: (_: unknown, message: string) => warned.push(message) } as unknown as Log;
beforeEach(() => {
  warned.length = 0;
  dataDir = mkdtempSync(join(tmpdir(), "folders-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test("plugins/folders-are-made-for-their-owner-alone", () => {
  const folders = makePluginFolders(dataDir, log);
  expect(folders).toEqual(pluginFoldersOf(dataDir));
  for (const folder of [folders?.state, folders?.machine])
    expect(statSync(folder ?? "").mode & 0o077).toBe(0);
  expect(folders?.machine.startsWith(dataDir)).toBe(false);
  expect(warned).toEqual([]);
});

test("plugins/each-has-folders-of-its-own-whatever-it-is-called", () => {
  const all = { state: "/data/plugins", machine: "/shared" };
  expect(foldersFor(all, "@retrovue/decoder-hw")).toEqual({
    state: "/data/plugins/%40retrovue%2Fdecoder-hw",
    machine: "/shared/%40retrovue%2Fdecoder-hw",
  });
  expect(foldersFor(all, "../../../etc")?.state).toBe("/data/plugins/..%2F..%2F..%2Fetc");
  expect(foldersFor(undefined, "x")).toBeUndefined();
});

test("plugins/without-folders-an-engine-runs-and-says-so", () => {
  const file = join(dataDir, "file");
  writeFileSync(file, "");
  expect(makePluginFolders(file, log)).toBeUndefined();
  expect(warned).toHaveLength(1);
  expect(existsSync(file)).toBe(true);
});
