import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempDisposableSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { packagesToUnpack, unpackPackages } from "./unpacked-packages.mjs";

const entry = { name: "greeter", command: "playout-greeter" };
const hasDpkg = spawnSync("dpkg-deb", ["--version"]).status === 0;

/** Makes a package that holds one program. */
function makePackage(into: string, program: string): void {
  const content = join(into, "content");
  mkdirSync(join(content, "DEBIAN"), { recursive: true });
  mkdirSync(join(content, "usr", "bin"), { recursive: true });
  const control =
    "Package: greeter\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: none\n";
  writeFileSync(join(content, "DEBIAN", "control"), control);
  writeFileSync(join(content, "usr", "bin", entry.command), program);
  chmodSync(join(content, "usr", "bin", entry.command), 0o755);
  expect(spawnSync("dpkg-deb", ["-b", content, join(into, "greeter.deb")]).status).toBe(0);
}

describe("setup", () => {
  test.skipIf(!hasDpkg)(
    "setup/a-package-is-unpacked-whole-and-only-once (skipped without dpkg)",
    async () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), "playout-unpacked-"));
      const warnings: string[] = [];
      const fetch = async (_: string, into: string) => makePackage(into, "#!/bin/sh\necho 1\n") ?? undefined;
      expect(packagesToUnpack([entry], folder.path)).toEqual([entry]);
      await unpackPackages([entry], (line) => warnings.push(line), folder.path, fetch);
      expect(warnings).toEqual([]);
      expect(existsSync(join(folder.path, "greeter", "usr", "bin", entry.command))).toBe(true);
      expect(packagesToUnpack([entry], folder.path)).toEqual([]);
      expect(readdirSync(folder.path)).toEqual(["greeter"]);
    },
  );

  test.skipIf(!hasDpkg)(
    "setup/a-package-that-lacks-what-it-depends-on-is-told (skipped without dpkg)",
    async () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), "playout-unpacked-"));
      const warnings: string[] = [];
      const program = "#!/bin/sh\necho 'libnone.so: cannot open' >&2\nexit 127\n";
      const fetch = async (_: string, into: string) => makePackage(into, program) ?? undefined;
      await unpackPackages([entry], (line) => warnings.push(line), folder.path, fetch);
      expect(warnings).toEqual([
        "playout-greeter does not run by itself here: libnone.so: cannot open; what needs it is left out: greeter",
      ]);
      expect(readdirSync(folder.path)).toEqual([]);
    },
  );

  test("setup/a-package-that-cannot-be-fetched-is-a-warning-and-tried-again-next-time", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-unpacked-"));
    const warnings: string[] = [];
    const fetch = async () => "It could not be fetched: no network";
    await unpackPackages([entry], (line) => warnings.push(line), folder.path, fetch);
    expect(warnings).toEqual(["It could not be fetched: no network; what needs it is left out: greeter"]);
    expect(readdirSync(folder.path)).toEqual([]);
    expect(packagesToUnpack([entry], folder.path)).toEqual([entry]);
  });

  test("setup/what-is-on-the-path-is-not-fetched", () => {
    expect(packagesToUnpack([{ name: "shell", command: "sh" }], "/nowhere")).toEqual([]);
  });
});
