import { expect, test } from "vitest";
import { installCommands, missingPackages, readPackageList } from "./system-packages.mjs";

test("setup/what-dpkg-has-installed-is-not-asked-for-again", () => {
  const packages = [{ name: "cmake" }, { name: "ninja-build" }, { name: "clang" }, { name: "g++" }];
  // `clang` was removed but left its configuration; dpkg-query complains about `g++` beside the others.
  const report =
    "cmake installed\nninja-build installed\nclang config-files\nno packages found matching g++\n";
  expect(missingPackages(packages, report).map((entry) => entry.name)).toEqual(["clang", "g++"]);
});

test("setup/apt-never-asks-and-waits-for-its-lock", () => {
  for (const as of ["root", "sudo"] as const) {
    for (const command of installCommands(["cmake"], as)) {
      expect(command.join(" ")).toContain("DEBIAN_FRONTEND=noninteractive apt-get -q -y");
      expect(command.join(" ")).toMatch(/DPkg::Lock::Timeout=\d+/);
    }
  }
  expect(installCommands(["cmake"], "root").map((command) => command[0])).toEqual(["env", "env"]);
  expect(
    installCommands(["cmake"], "sudo").every((command) => command.slice(0, 2).join(" ") === "sudo -n"),
  ).toBe(true);
});

test("setup/each-system-package-can-be-found-without-dpkg", () => {
  const { build, test: tools } = readPackageList();
  const all = [...build.packages, ...tools.packages];
  expect(all.filter((entry) => !entry.command && !entry.pkgConfig && !entry.python)).toEqual([]);
  expect(new Set(all.map((entry) => entry.name)).size).toBe(all.length);
});
