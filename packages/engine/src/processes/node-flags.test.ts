import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nodeFlags } from "./node-flags.js";
import { plainLauncher } from "./process-launcher.js";

const root = new URL("../../../../", import.meta.url);

/** Keeps much of what it makes for a while, which is what has V8 enlarge the space for young objects, and says how large that became. */
const survivors = `
  const ring = new Array(200_000);
  for (let i = 0, at = 0; i < 4_000_000; i++) ring[(at = (at + 1) % ring.length)] = { i, more: [i] };
  const young = require("node:v8").getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
`;

describe("processes/node-flags", () => {
  test("process/young-objects-take-a-bounded-space", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-flags-"));
    const entry = join(folder.path, "entry.cjs");
    writeFileSync(entry, `${survivors} process.send(young.space_size, () => process.disconnect());`);
    const needs = { kind: "media", read: [], make: [], plugins: [], folder: folder.path } as const;
    const child = plainLauncher.begin(entry, ["ignore", "ignore", "inherit", "ipc"], needs);
    const [bytes] = (await once(child, "message")) as [number];
    expect(bytes).toBeLessThan(40e6);
    const unbounded = spawnSync(process.execPath, ["-e", `${survivors} console.log(young.space_size)`]);
    expect(Number(unbounded.stdout)).toBeGreaterThan(60e6);
  }, 30_000);

  test("process/the-launchers-start-the-engine-as-it-starts-its-processes", () => {
    for (const file of ["bin/retrovue-playout", "bin/retrovue_air", "scripts/bootstrap.mjs"]) {
      const said = readFileSync(new URL(file, root), "utf8");
      expect(said.match(/--max[a-z-]+=\d+/g), file).toEqual(nodeFlags);
    }
  });
});
