import { mkdirSync, mkdtempDisposableSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { FileCalls } from "./file-calls.js";
import { MediaAccess } from "./media-access.js";

const never = new AbortController().signal;

function media() {
  const folder = mkdtempDisposableSync(join(tmpdir(), "playout-media-"));
  const at = (...names: string[]) => join(realpathSync(folder.path), ...names);
  mkdirSync(at("root", "films"), { recursive: true });
  mkdirSync(at("root-of-another"));
  writeFileSync(at("root", "films", "a.mp4"), "a");
  writeFileSync(at("root-of-another", "b.mp4"), "b");
  writeFileSync(at("outside.mp4"), "c");
  symlinkSync(at("outside.mp4"), at("root", "leak.mp4"));
  symlinkSync(at("root", "films", "a.mp4"), at("root", "alias.mp4"));
  symlinkSync(at("root"), at("linked-root"));
  return { at, [Symbol.dispose]: () => folder.remove() };
}

describe("media/access", () => {
  test("media/files-beneath-a-root-are-allowed-by-their-real-path", async () => {
    using files = media();
    const access = new MediaAccess({ roots: [files.at("root")], protocols: ["file"] });
    const real = files.at("root", "films", "a.mp4");
    for (const uri of [
      real,
      pathToFileURL(real).href,
      files.at("root", "alias.mp4"),
      files.at("linked-root", "films", "a.mp4"),
      `${files.at("root")}/films/../films/a.mp4`,
    ]) {
      expect(await access.check(uri, never)).toBe(real);
    }
  });

  test("media/a-root-may-itself-be-a-link", async () => {
    using files = media();
    const access = new MediaAccess({ roots: [files.at("linked-root")], protocols: ["file"] });
    expect(await access.check(files.at("linked-root", "films", "a.mp4"), never)).toBe(
      files.at("root", "films", "a.mp4"),
    );
  });

  test.each([
    ["a file outside", ["outside.mp4"]],
    ["a link that leads outside", ["root", "leak.mp4"]],
    ["a way out", ["root", "..", "outside.mp4"]],
    ["a folder that only begins like a root", ["root-of-another", "b.mp4"]],
    ["something outside that is not there", ["nothing", "x.mp4"]],
  ])("media/forbidden: %s", async (_, names) => {
    using files = media();
    const access = new MediaAccess({ roots: [files.at("root")], protocols: ["file"] });
    const path = `${files.at()}/${names.join("/")}`;
    await expect(access.check(path, never)).rejects.toMatchObject({ code: "MediaForbidden" });
  });

  test("media/a-missing-file-beneath-a-root-is-not-found", async () => {
    using files = media();
    const access = new MediaAccess({ roots: [files.at("root"), "/nowhere/at/all"], protocols: ["file"] });
    await expect(access.check(files.at("root", "no.mp4"), never)).rejects.toMatchObject({
      code: "MediaNotFound",
    });
    await expect(access.check("films/a.mp4", never)).rejects.toMatchObject({ code: "MediaNotFound" });
    await expect(access.check("file://elsewhere/a.mp4", never)).rejects.toMatchObject({
      code: "MediaNotFound",
    });
  });

  test("media/a-file-that-this-user-may-not-look-at-is-forbidden", async () => {
    using files = media();
    const refused = files.at("root", "private", "a.mp4");
    let code = "EACCES";
    class Refusing extends FileCalls {
      override ask<T>(path: string, call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) {
        return path === refused
          ? Promise.reject<T>(Object.assign(new Error(code), { code }))
          : super.ask(path, call, signal);
      }
    }
    const access = new MediaAccess(
      { roots: [files.at("root")], protocols: ["file"] },
      new Refusing({ places: [files.at("root")] }),
    );
    await expect(access.check(refused, never)).rejects.toMatchObject({ code: "MediaForbidden" });
    code = "EIO";
    await expect(access.check(refused, never)).rejects.toMatchObject({ code: "MediaNotFound" });
  });

  test("media/only-allowed-protocols", async () => {
    const access = new MediaAccess({ roots: ["/"], protocols: ["https"] });
    expect(await access.check("https://example.org/a.mp4", never)).toBeUndefined();
    expect(await access.check("test://pattern?id=1", never)).toBeUndefined();
    for (const uri of ["http://example.org/a.mp4", "concat:/a|/b", "file:///etc/hostname", "/etc/hostname"]) {
      await expect(access.check(uri, never)).rejects.toMatchObject({ code: "MediaForbidden" });
    }
  });

  test("media/the-root-of-all-allows-all-files", async () => {
    using files = media();
    const access = new MediaAccess({ roots: ["/"], protocols: ["file"] });
    expect(await access.check(files.at("outside.mp4"), never)).toBe(files.at("outside.mp4"));
  });
});
