import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runDemo } from "../src/demo.js";

const hasPython =
  spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"]).status === 0;

test.skipIf(!hasPython)("bus/a-python-program-reads-what-a-typescript-program-writes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "live-bus-"));
  try {
    const png = join(folder, "picture.png");
    let said = "";
    const end = await runDemo(["--ticks", "40", "--png", png, "--patience", "25"], (text) => {
      said += text;
    });
    expect(end, said).toEqual({ status: 0 });
    expect(said).toMatch(/^tick \d+ {2}moving bars {2}frame \d+$/m);
    expect(said).toMatch(/^tick \d+ written to /m);
    expect(readFileSync(png).subarray(1, 4).toString()).toBe("PNG");
    expect(
      readdirSync("/dev/shm").filter((name) => name.startsWith(`retrovue-demo-${process.pid}.`)),
    ).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
