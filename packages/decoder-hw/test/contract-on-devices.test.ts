import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clipSources, decoderContract } from "@retrovue/plugin-contract";
import * as vitest from "vitest";
import plugin from "../src/index.js";
import { Bench, never } from "./standin.js";

/** Real devices of this machine, or why there is none, by kind. */
const found = await (async () => {
  await using bench = new Bench();
  return await (await bench.factory(["cuda", "qsv", "videotoolbox", "vaapi"])).devices(never);
})();

const folder = mkdtempSync(join(tmpdir(), "retrovue-hw-"));
vitest.afterAll(() => rmSync(folder, { recursive: true, force: true }));

for (const { name, problem } of found) {
  if (problem !== undefined) {
    vitest.test(`device/the-suite-passes-on-${name}`, ({ skip }) => skip(problem));
    continue;
  }
  const [use, index] = name.split(":");
  const device = { use, index: Number(index) };
  await using bench = new Bench();
  const factory = await bench.factory([device as never]);
  const media: string[] = [];
  for (const source of clipSources) {
    const clip = await source.make(never);
    if ("uri" in clip && (await factory.probe({ uri: clip.uri }, never)).score > 0) media.push(source.name);
  }
  vitest.test(`device/some-clips-are-taken-by-${name}`, () => vitest.expect(media).not.toEqual([]));
  decoderContract({
    runner: vitest,
    plugin,
    options: { devices: [device], folder, sessionsMax: 64 },
    media,
    title: `@retrovue/decoder-hw on ${name}`,
  });
}
