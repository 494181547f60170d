import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clipSources, decoderContract } from "@retrovue/plugin-contract";
import * as vitest from "vitest";
import plugin from "../src/index.js";
import { Bench, never } from "./standin.js";

/** Real devices of this machine, and what each takes of the suite's clips; or why there is none. */
const found = await (async () => {
  await using bench = new Bench();
  const factory = await bench.factory(["cuda", "qsv", "videotoolbox", "vaapi"]);
  const all = await factory.devices(never);
  const usable = all.filter(({ problem }) => problem === undefined);
  const why = all.map(({ name, problem }) => `${name}: ${problem}`).join("; ");
  return { names: usable.map(({ name }) => name), why };
})();

const folder = mkdtempSync(join(tmpdir(), "retrovue-hw-"));
vitest.afterAll(() => rmSync(folder, { recursive: true, force: true }));

for (const name of found.names) {
  const [use, index] = name.split(":");
  const device = { use, index: Number(index) };
  await using bench = new Bench();
  const factory = await bench.factory([device as never]);
  const media: string[] = [];
  for (const source of clipSources) {
    const clip = await source.make(never);
    if ("uri" in clip && (await factory.probe({ uri: clip.uri }, never)).score > 0) media.push(source.name);
  }
  decoderContract({
    runner: vitest,
    plugin,
    options: { devices: [device], folder, sessionsMax: 64 },
    media,
    title: `@retrovue/decoder-hw on ${name}`,
  });
}

vitest.describe.skipIf(found.names.length === 0)("real devices", () => {
  vitest.test(`device/the-suite-ran-on-${found.names.join("-") || `none (${found.why})`}`, () => {
    vitest.expect(found.names.length).toBeGreaterThan(0);
  });
});
