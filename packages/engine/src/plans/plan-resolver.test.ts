import { mkdirSync, mkdtempDisposableSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { mediaTime, PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { MediaAccess } from "../media/media-access.js";
import { PlanResolver, type PlanResolverOptions } from "./plan-resolver.js";

const never = new AbortController().signal;
const filmNs = 5_000_000_000n;

/** A configuration's folder with plans, a media root, and a folder that is nobody's business. */
function house(options: Partial<PlanResolverOptions> = {}) {
  const temporary = mkdtempDisposableSync(join(tmpdir(), "playout-plans-"));
  const at = (...names: string[]) => join(realpathSync(temporary.path), ...names);
  for (const name of ["config/plans", "media", "private"]) mkdirSync(at(name), { recursive: true });
  writeFileSync(at("media", "film.mp4"), "a film");
  writeFileSync(at("private", "film.mp4"), "not yours");
  const plan =
    "end: loop\nsegments:\n  - { uri: ../../media/film.mp4, duration: 2s }\n  - { uri: ../../media/film.mp4 }\n";
  writeFileSync(at("config", "plans", "evening.yaml"), plan);
  writeFileSync(at("private", "evening.yaml"), plan);
  writeFileSync(at("config", "bad.json"), '{ "segments": [{ "duraton": "1s" }] }');
  symlinkSync(at("private", "evening.yaml"), at("media", "linked.yaml"));
  const roots = [at("media")];
  const looked: string[] = [];
  const resolver = new PlanResolver({
    plans: {
      evening: at("config", "plans", "evening.yaml"),
      outside: at("private", "evening.yaml"),
      bars: "test://pattern?id=2",
    },
    folder: at("config"),
    roots,
    access: new MediaAccess({ roots, protocols: ["file"] }),
    lengths: {
      lengthOf: async (uri) => {
        looked.push(uri);
        if (uri.includes("broken")) throw new PlayoutError("MediaCorrupt", "broken");
        return uri.startsWith("test:") ? undefined : mediaTime(filmNs);
      },
    },
    unresolved: "refuse",
    ...options,
  });
  const resolve = (handle: string, by: "configuration" | "request" = "request") =>
    resolver.resolve(handle, by, 3, never);
  return { at, resolve, looked, [Symbol.dispose]: () => temporary.remove() };
}

describe("plans/handles", () => {
  test("plans/a-name-of-the-configuration-comes-first", async () => {
    using there = house();
    const { draft, onSlate } = await there.resolve("evening");
    expect(onSlate).toBeUndefined();
    expect(draft).toMatchObject({ revision: 3, end: "loop", start: undefined });
    expect(draft.segments.map(({ asset, duration }) => [asset?.uri, duration])).toEqual([
      [there.at("media", "film.mp4"), 2_000_000_000n],
      [there.at("media", "film.mp4"), filmNs],
    ]);
    // What the configuration names may lie anywhere.
    expect((await there.resolve("outside")).draft.segments).toHaveLength(2);
  });

  test("plans/a-plan-file-by-path-absolute-or-beneath-the-folder", async () => {
    using there = house();
    const files = [there.at("config", "plans", "evening.yaml"), "plans/evening.yaml", "./plans/evening.yaml"];
    for (const handle of [...files, pathToFileURL(there.at("config", "plans", "evening.yaml")).href]) {
      expect((await there.resolve(handle)).draft.segments).toHaveLength(2);
    }
  });

  test("plans/a-media-file-is-one-looping-segment-of-its-own-length", async () => {
    using there = house();
    for (const handle of [there.at("media", "film.mp4"), "film.mp4"]) {
      const { draft } = await there.resolve(handle);
      expect(draft).toMatchObject({
        end: "loop",
        segments: [{ kind: "content", inPoint: 0n, duration: filmNs }],
      });
      expect(draft.segments[0]?.asset?.uri).toBe(there.at("media", "film.mp4"));
    }
  });

  test("plans/a-test-pattern-without-end-loops-once-a-day", async () => {
    using there = house();
    for (const handle of ["bars", "test://pattern?id=2"]) {
      const { draft } = await there.resolve(handle);
      expect(draft.segments[0]).toMatchObject({
        asset: { uri: "test://pattern?id=2" },
        duration: 86_400_000_000_000n,
      });
    }
  });

  test.each([
    ["nothing", "UnknownPlan"],
    ["plans/none.yaml", "UnknownPlan"],
    ["/none.yaml", "MediaForbidden"],
    ["private/evening.yaml", "UnknownPlan"],
    ["linked.yaml", "MediaForbidden"],
    ["../private/film.mp4", "MediaForbidden"],
    ["bad.json", "InvalidPlan"],
    ["https://example.org/a.mp4", "MediaForbidden"],
    ["__proto__", "UnknownPlan"],
  ])("plans/refused: %s is %s", async (handle, code) => {
    using there = house();
    await expect(there.resolve(handle)).rejects.toMatchObject({ code });
    expect(there.looked).toEqual([]);
  });

  test("plans/a-plan-outside-is-refused-to-requests-alone", async () => {
    using there = house();
    const outside = there.at("private", "evening.yaml");
    await expect(there.resolve(outside, "request")).rejects.toMatchObject({ code: "MediaForbidden" });
    expect((await there.resolve(outside, "configuration")).draft.segments).toHaveLength(2);
    // Media lie beneath a root, whoever names them.
    await expect(there.resolve(there.at("private", "film.mp4"), "configuration")).rejects.toMatchObject({
      code: "MediaForbidden",
    });
  });

  test("plans/a-segment-whose-length-nobody-knows-is-a-fault-with-its-place", async () => {
    using there = house();
    writeFileSync(there.at("media", "p.yaml"), "segments:\n  - { uri: broken.mp4 }\n");
    await expect(there.resolve("p.yaml")).rejects.toMatchObject({
      code: "InvalidPlan",
      message: expect.stringContaining("segments[0].duration"),
    });
  });

  test("plans/what-cannot-be-resolved-airs-slate-where-the-configuration-says-so", async () => {
    using there = house({ unresolved: "slate" });
    for (const [handle, code] of [
      ["nothing", "UnknownPlan"],
      ["bad.json", "InvalidPlan"],
      ["/x.mp4", "MediaForbidden"],
    ]) {
      const { draft, onSlate } = await there.resolve(handle ?? "");
      expect(onSlate?.code).toBe(code);
      // The asset that does not open is what makes the slate, so that it plays should it appear.
      expect(draft).toMatchObject({ end: "loop", segments: [{ asset: { uri: handle } }] });
    }
    expect((await there.resolve("evening")).onSlate).toBeUndefined();
  });

  test("plans/a-plan-that-does-not-parse-says-where", async () => {
    using there = house();
    writeFileSync(there.at("media", "p.yaml"), "segments: [\n");
    await expect(there.resolve("p.yaml")).rejects.toMatchObject({
      code: "InvalidPlan",
      message: expect.stringMatching(/p\.yaml does not parse: .*line/),
    });
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefgh"
      .split("")
      .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefg"[i]}`).join(",")}]`)
      .join("\n")}\n`;
    writeFileSync(there.at("media", "p.yaml"), bomb);
    await expect(there.resolve("p.yaml")).rejects.toMatchObject({ code: "InvalidPlan" });
  });
});
