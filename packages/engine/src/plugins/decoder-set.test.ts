import { mkdtempDisposableSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PluginContext } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { FileCalls } from "../media/file-calls.js";
import { DecoderSet } from "./decoder-set.js";

describe("plugins/decoder set", () => {
  test("files/decoders-ask-by-the-calls-that-all-in-their-process-share", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-decoders-"));
    const path = realpathSync(folder.path);
    const decoder = join(path, "decoder.mjs");
    writeFileSync(
      decoder,
      `export default { kind: "retrovue-plugin", name: "own", contract: "1.0", provides: { decoder: { create: () => ({
        probe: async () => ({ score: 50, reason: "It is ours." }), open() {} }) } } };`,
    );
    writeFileSync(join(path, "film"), "");
    const context: PluginContext = {
      log: { debug() {}, info() {}, warn() {}, error() {} },
      configFolder: path,
      mediaRoots: [path],
      protocols: ["file"],
    };
    const asked: string[] = [];
    class Recorded extends FileCalls {
      override ask<T>(place: string, call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) {
        asked.push(place);
        return super.ask(place, call, signal);
      }
    }
    const files = new Recorded({ places: [path], mounts: () => [] });
    await using set = await DecoderSet.open({
      uses: [{ port: "decoder", use: decoder, options: {}, place: "playout.yaml: decoders[0]" }],
      contextFor: () => context,
      ports: {},
      files,
      folder: path,
    });
    const told = await set.decoders[0]?.factory.probe(
      { uri: join(path, "film") },
      new AbortController().signal,
    );
    expect(told).toMatchObject({ score: 50 });
    expect(asked).toEqual([join(path, "film"), path]);
  });
});
