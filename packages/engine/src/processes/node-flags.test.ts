import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nodeFlags } from "./node-flags.js";
import { plainLauncher } from "./process-launcher.js";

const root = new URL("../../../../", import.meta.url);

/** Keeps much of what it makes for a while, which is what has V8 enlarge the space for young objects, and finds how large that became at most. */
const survivors = `
  const ring = new Array(200_000);
  const size = () => require("node:v8").getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size;
  let most = 0;
  for (let i = 0, at = 0; i < 8_000_000; i++) {
    ring[(at = (at + 1) % ring.length)] = { i, more: [i] };
    if (i % 50_000 === 0) most = Math.max(most, size());
  }
`;

describe("processes/node-flags", () => {
  test("process/young-objects-take-a-bounded-space", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-flags-"));
    const entry = join(folder.path, "entry.cjs");
    const told = "JSON.stringify([most, process.execArgv])";
    writeFileSync(entry, `${survivors} require("node:fs").writeSync(1, ${told});`);
    const needs = { kind: "media", read: [], make: [], plugins: [], folder: folder.path } as const;
    const child = plainLauncher.begin(entry, ["ignore", "pipe", "inherit", "pipe"], needs);
    const [bytes, flags] = JSON.parse(String(await child.stdout?.toArray())) as [number, readonly string[]];
    expect(flags).toEqual(expect.arrayContaining([...nodeFlags]));
    // Two halves of 16 MiB. How far V8 goes without the bound is its own affair, and differs from run to run.
    expect(bytes).toBeLessThan(34e6);
  }, 30_000);

  test("process/the-launchers-start-the-engine-as-it-starts-its-processes", () => {
    for (const file of ["bin/retrovue-playout", "bin/retrovue_air", "scripts/bootstrap.mjs"]) {
      const said = readFileSync(new URL(file, root), "utf8");
      expect(said.match(/--max[a-z-]+=\d+/g), file).toEqual(nodeFlags);
    }
  });
});
