import { describe, expect, test } from "vitest";
import { type Confinement, launcherArguments } from "./confinement.js";
import { readReport } from "./report.js";

const bare: Confinement = {
  grants: [],
  network: false,
  programs: false,
  realtime: false,
  descriptors: 4,
  memoryBytes: 0,
};

describe("sandbox/confinement", () => {
  test("sandbox/a-confinement-is-written-for-the-launcher", () => {
    expect(launcherArguments(bare)).toEqual(["--descriptors", "4", "--memory", "0", "--"]);
    expect(
      launcherArguments({
        ...bare,
        grants: [
          { path: "/srv/media", use: "read" },
          { path: "/dev/shm", use: "write" },
        ],
        network: true,
        programs: true,
        realtime: true,
        memoryBytes: 1_048_576,
      }).join(" "),
    ).toBe(
      "--read /srv/media --write /dev/shm --network --programs --realtime --descriptors 4 --memory 1048576 --",
    );
  });

  test("sandbox/a-report-is-read-or-refused", () => {
    const step = { name: "seccomp", isHeld: true, detail: "filter" };
    expect(readReport(JSON.stringify([step]))).toEqual([step]);
    expect(() => readReport("{}")).toThrow(TypeError);
    expect(() => readReport(JSON.stringify([{ ...step, name: "selinux" }]))).toThrow(TypeError);
    expect(() => readReport("")).toThrow(SyntaxError);
  });
});
