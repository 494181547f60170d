import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempDisposableSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { mediaTime, PlayoutError, type Timer } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { FileCalls, isBeneath } from "../media/file-calls.js";
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
    files: new FileCalls({ places: [at("config"), ...roots] }),
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

  test("plans/a-file-uri-of-another-host-is-named-and-said-how-to-write", async () => {
    using there = house();
    for (const handle of ["file://nas/share/a.mp4", "FILE://nas/a.yaml"])
      await expect(there.resolve(handle)).rejects.toMatchObject({
        code: "MediaNotFound",
        details: { uri: handle },
        remedy: expect.stringContaining("file:///"),
      });
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

  test("plans/a-pipe-or-a-device-is-no-plan-and-is-not-waited-for", async () => {
    using there = house();
    execFileSync("mkfifo", [there.at("config", "plans", "pipe.yaml")]);
    symlinkSync("/dev/zero", there.at("config", "plans", "zero.json"));
    mkdirSync(there.at("config", "plans", "folder.json"));
    for (const [name, why] of [
      ["pipe.yaml", "it is no file"],
      ["zero.json", "it is no file"],
      ["folder.json", "it is a folder"],
    ]) {
      await expect(
        there.resolve(there.at("config", "plans", name ?? ""), "configuration"),
      ).rejects.toMatchObject({
        code: "UnknownPlan",
        message: expect.stringMatching(new RegExp(`${name} cannot be read .${why}`)),
      });
    }
  });

  test("plans/a-root-that-does-not-answer-keeps-nothing-beneath-others-from-being-found", async () => {
    const wakes = new Set<() => void>();
    const timer: Timer = {
      after: (_, wake) => {
        wakes.add(wake);
        return { [Symbol.dispose]: () => void wakes.delete(wake) };
      },
    };
    let hanging = 0;
    const hang = <T>() => {
      hanging += 1;
      return new Promise<T>(() => {});
    };
    class DeadAt extends FileCalls {
      constructor(
        private readonly dead: string,
        places: readonly string[],
      ) {
        super({ places, timer });
      }

      override ask<T>(path: string, call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) {
        return super.ask(path, isBeneath(path, this.dead) ? hang<T> : call, signal);
      }
    }
    using there = house();
    const roots = [there.at("dead"), there.at("media")];
    const files = new DeadAt(there.at("dead"), [there.at("config"), ...roots]);
    using dead = house({ files, roots, access: new MediaAccess({ roots, protocols: ["file"] }, files) });
    // Absolute ones have nothing to do with it.
    expect((await dead.resolve(there.at("media", "film.mp4"))).draft.segments).toHaveLength(1);
    const relative = dead.resolve("film.mp4");
    await expect.poll(() => hanging).toBe(1);
    for (const wake of [...wakes]) wake();
    expect((await relative).draft.segments[0]?.asset?.uri).toBe(there.at("media", "film.mp4"));
    // It is known to hang by now: nobody waits for it again.
    expect((await dead.resolve("film.mp4")).draft.segments).toHaveLength(1);
    for (const handle of ["no.mp4", there.at("dead", "film.mp4")])
      await expect(dead.resolve(handle)).rejects.toMatchObject({ code: "Timeout" });
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
