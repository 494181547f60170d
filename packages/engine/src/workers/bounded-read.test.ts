import { execFileSync } from "node:child_process";
import { mkdtempDisposableSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { boundedRead } from "./bounded-read.js";

describe("workers/bounded-read", () => {
  function place() {
    const folder = mkdtempDisposableSync(join(tmpdir(), "playout-bounded-"));
    return { path: join(folder.path, "left"), folder: folder.path, [Symbol.dispose]: () => folder.remove() };
  }

  test("workers/a-file-up-to-the-bound-is-read-as-it-is", () => {
    using at = place();
    writeFileSync(at.path, "crumbs");
    expect(boundedRead(at.path, 6).toString()).toBe("crumbs");
    expect(boundedRead(at.path, 100).toString()).toBe("crumbs");
    writeFileSync(at.path, "");
    expect(boundedRead(at.path, 6)).toHaveLength(0);
  });

  test("workers/a-file-beyond-the-bound-is-not-read", () => {
    using at = place();
    writeFileSync(at.path, "");
    truncateSync(at.path, 7);
    expect(() => boundedRead(at.path, 6)).toThrow("7 bytes");
    truncateSync(at.path, 2 ** 40);
    expect(() => boundedRead(at.path, 6)).toThrow(`${2 ** 40} bytes`);
  });

  test("workers/a-link-is-not-followed-to-what-may-never-end", () => {
    using at = place();
    symlinkSync("/dev/zero", at.path);
    expect(() => boundedRead(at.path, 6)).toThrow(expect.objectContaining({ code: "ELOOP" }));
  });

  test("workers/a-pipe-that-nobody-writes-to-is-not-waited-for", () => {
    using at = place();
    execFileSync("mkfifo", [at.path]);
    expect(() => boundedRead(at.path, 6)).toThrow("no regular file");
  });

  test("workers/neither-a-device-nor-a-folder-nor-nothing-is-read", () => {
    using at = place();
    expect(() => boundedRead("/dev/zero", 6)).toThrow("no regular file");
    expect(() => boundedRead(at.folder, 6)).toThrow("no regular file");
    expect(() => boundedRead(at.path, 6)).toThrow(expect.objectContaining({ code: "ENOENT" }));
  });
});
