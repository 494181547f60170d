import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommand } from "../../../../scripts/setup/command.mjs";
import {
  buildGoldenBus,
  goldenManifest,
  goldenNames,
  goldenObject,
  goldenObjects,
  serveGolden,
  writeGoldens,
} from "./golden-bus.js";

/** The native build may come first. */
const buildTimeoutMs = 300_000;

let fresh = "";
let program = "";

beforeAll(async () => {
  program = await buildGoldenBus();
  fresh = mkdtempSync(join(tmpdir(), "golden-"));
  await writeGoldens(fresh);
}, buildTimeoutMs);

afterAll(() => rmSync(fresh, { recursive: true, force: true }));

describe.each(goldenNames)("golden %s", (name) => {
  test.each(goldenObjects)("bus/todays-writer-makes-the-golden-objects: %s", (object) => {
    const written = readFileSync(join(fresh, name, object));
    // Not toEqual: a difference of megabytes is no message.
    expect(written.compare(goldenObject(name, object)), `${object} differs from what was recorded`).toBe(0);
  });

  test("bus/todays-writer-means-what-the-golden-manifest-says", () => {
    const manifest = readFileSync(join(fresh, name, "manifest.json"), "utf8");
    expect(JSON.parse(manifest)).toEqual(JSON.parse(goldenManifest(name)));
  });

  test("bus/the-c-reader-reads-the-golden", async () => {
    await using golden = await serveGolden(name, `/dev/shm/rvgolden-${process.pid}.${name}`);
    const manifest = JSON.parse(goldenManifest(name));
    const { code, output } = await runCommand(program, ["read", golden.path, manifest.overruns.join(",")]);
    expect(code, output).toBe(0);
    expect(JSON.parse(output)).toEqual(manifest);
  });
});
