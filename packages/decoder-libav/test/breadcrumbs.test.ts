import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempDisposableSync,
  readFileSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endOfMedia, mediaTime } from "@retrovue/core";
import { clipSources, isClip } from "@retrovue/plugin-contract";
import { describe, expect, test } from "vitest";
import { LibavDecoderFactory, parseOptions } from "../src/index.js";
import { leaveBreadcrumbs } from "../src/leave-breadcrumbs.js";

const signal = new AbortController().signal;
const addon = fileURLToPath(new URL("../build/Release/decoder_libav.node", import.meta.url));

/** Maps the file that its argument names, in a process of its own: a table is for a process's whole life, and a full disk was its end. */
const program = `
  const { openSync } = require("node:fs");
  const [addon, path] = process.argv.slice(1);
  console.log(require(addon).useBreadcrumbFile(openSync(path, "w+")));`;

const mapIn = (path: string) =>
  spawnSync(process.execPath, ["-e", program, addon, path], { encoding: "utf8", timeout: 60_000 });

describe("breadcrumbs", () => {
  test("breadcrumbs/a-full-disk-costs-breadcrumbs-and-no-process", (context) => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "retrovue-crumbs-"));
    const disk = join(folder.path, "disk");
    mkdirSync(disk);
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=65536", "tmpfs", disk], {
      encoding: "utf8",
    });
    if (mounted.status !== 0) return context.skip(`no small file system: ${mounted.stderr}`);
    try {
      // Half of what a table takes.
      const small = mapIn(join(disk, "crumbs"));
      expect({ signal: small.signal, said: small.stdout.trim() }).toEqual({ signal: null, said: "false" });
      // What it did get is free again.
      const { bavail, blocks } = statfsSync(disk);
      expect(bavail).toBe(blocks);
      const roomy = mapIn(join(folder.path, "crumbs"));
      expect({ signal: roomy.signal, said: roomy.stdout.trim() }).toEqual({ signal: null, said: "true" });
      const table = readFileSync(join(folder.path, "crumbs"));
      expect(table.toString("latin1", 0, 8)).toBe("RVCRUMB1");
      expect(table.length).toBe(256 * 512);
    } finally {
      spawnSync("umount", ["-l", disk]);
    }
  });

  test("breadcrumbs/where-no-file-can-be-it-plays-and-says-so", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "retrovue-crumbs-"));
    const clip = await clipSources.find(({ name }) => name === "mp4-h264-aac")!.make(signal);
    if (!isClip(clip)) throw new Error(clip.unavailable);
    // A folder, one that is not there, and a link to what is somebody else's.
    const others = join(folder.path, "others");
    writeFileSync(others, "precious");
    symlinkSync(others, join(folder.path, "link"));
    for (const breadcrumbs of [folder.path, join(folder.path, "none", "crumbs"), join(folder.path, "link")]) {
      const told: unknown[] = [];
      const warn = (message: string, fields?: object) => void told.push({ message, ...fields });
      const factory = new LibavDecoderFactory(["/"], parseOptions({ breadcrumbs }), { warn });
      expect(told).toEqual([
        { message: "it plays without breadcrumbs", path: breadcrumbs, reason: expect.any(String) },
      ]);
      await using decoder = await factory.open({ uri: clip.uri }, {}, signal);
      const picture = await decoder.readPicture(mediaTime(0n), {}, signal);
      if (picture === endOfMedia) throw new Error("there is a picture");
      picture.release();
    }
    expect(readFileSync(others, "utf8")).toBe("precious");
  });

  test("breadcrumbs/a-file-without-room-is-told", () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "retrovue-crumbs-"));
    const told: string[] = [];
    const log = { warn: (message: string) => void told.push(message) };
    leaveBreadcrumbs({ useBreadcrumbFile: () => false }, join(folder.path, "crumbs"), log);
    expect(told).toEqual(["it plays without breadcrumbs"]);
    leaveBreadcrumbs({ useBreadcrumbFile: () => true }, join(folder.path, "crumbs"), log);
    leaveBreadcrumbs({ useBreadcrumbFile: () => false }, undefined, log);
    expect(told).toHaveLength(1);
  });
});
