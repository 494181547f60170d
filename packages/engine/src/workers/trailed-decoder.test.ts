import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Decoder, definePlugin, mediaTime, PlayoutError, pluginContract } from "@retrovue/core";
import pattern from "@retrovue/decoder-pattern";
import { decoderContract } from "@retrovue/plugin-contract";
import * as vitest from "vitest";
import { readBreadcrumbs } from "./breadcrumb-table.js";
import { TrailedDecoderFactory } from "./trailed-decoder.js";

const { afterAll, describe, expect, test } = vitest;
const folder = mkdtempSync(join(tmpdir(), "playout-trail-"));
afterAll(() => rmSync(folder, { recursive: true }));
let made = 0;
const newPath = () => join(folder, `${++made}`);

// Whatever is noted around its calls, a decoder does as it did.
decoderContract({
  runner: vitest,
  plugin: definePlugin({
    name: "trailed-pattern",
    contract: pluginContract,
    provides: {
      decoder: { create: () => new TrailedDecoderFactory(pattern.provides.decoder.create(), newPath()) },
    },
  }),
  media: ["pattern"],
  knownFailures: [],
});

describe("workers/trailed-decoder", () => {
  const never = new AbortController().signal;
  const asset = { uri: "/a" };

  /** A decoder that looks at what is written of it in the midst of each of its calls. */
  function looking() {
    const path = newPath();
    const seen: unknown[] = [];
    const look = async (what: string): Promise<never> => {
      const now = () => {
        const { assets, openings, guilty, isGuiltyOpening } = readBreadcrumbs(readFileSync(path)) ?? {};
        return { assets, openings, guilty, isGuiltyOpening };
      };
      seen.push([what, now()]);
      await Promise.resolve();
      seen.push([`${what}, waited for`, now()]);
      throw new PlayoutError("DecodeFailed", what);
    };
    const decoder: Decoder = {
      info: { uri: asset.uri, container: "none", duration: undefined, picture: undefined, sound: undefined },
      seek: () => look("seek"),
      readPicture: () => look("picture"),
      readSound: () => look("sound"),
      [Symbol.asyncDispose]: () => look("close"),
    };
    const factory = new TrailedDecoderFactory(
      { probe: () => look("probe"), open: async () => decoder },
      path,
    );
    return { factory, path, seen };
  }

  test("workers/each-call-of-a-decoder-leaves-a-crumb-while-it-lasts", async () => {
    const { factory, path, seen } = looking();
    const opened = await factory.open(asset, {}, never);
    const calls: [string, () => Promise<unknown>, boolean][] = [
      ["probe", () => factory.probe(asset, never), true],
      ["seek", () => opened.seek(mediaTime(0n), never), true],
      ["picture", () => opened.readPicture(mediaTime(0n), {}, never), false],
      ["sound", () => opened.readSound(1, never), false],
      ["close", () => Promise.resolve(opened[Symbol.asyncDispose]()), false],
    ];
    for (const [what, call, isOpening] of calls) {
      await expect(call()).rejects.toThrow(what);
      const at = { assets: ["/a"], openings: isOpening ? ["/a"] : [] };
      expect(seen.splice(0)).toEqual([
        [what, { ...at, guilty: "/a", isGuiltyOpening: isOpening }],
        [`${what}, waited for`, { ...at, guilty: undefined, isGuiltyOpening: false }],
      ]);
      expect(readBreadcrumbs(readFileSync(path))?.assets).toEqual([]);
    }
    await factory[Symbol.asyncDispose]();
    await factory[Symbol.asyncDispose]();
  });
});
