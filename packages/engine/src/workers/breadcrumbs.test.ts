import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempDisposableSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openLog } from "../log/log.js";
import { BreadcrumbFiles } from "./breadcrumb-files.js";
import { readBreadcrumbs } from "./breadcrumb-table.js";

interface Line {
  readonly asset: string;
  readonly activity?: number;
  readonly thread?: number;
  readonly sequence?: number;
}

/** A table as libav-kit lays it out. */
function table(lines: readonly Line[], faultLine = 0, sender = 0): Buffer {
  const bytes = Buffer.alloc(512 + 255 * 512);
  bytes.write("RVCRUMB1", 0, "latin1");
  bytes.writeUInt32LE(255, 8);
  bytes.writeUInt32LE(512, 12);
  bytes.writeUInt32LE(faultLine, 16);
  bytes.writeUInt32LE(sender, 24);
  for (const [index, { asset, activity = 3, thread = 77, sequence = 2 }] of lines.entries()) {
    const at = 512 + index * 512;
    bytes.writeUInt32LE(sequence, at);
    bytes.writeUInt32LE(activity, at + 4);
    bytes.writeUInt32LE(thread, at + 8);
    bytes.write(asset, at + 32, 479, "utf8");
  }
  return bytes;
}

describe("workers/breadcrumb-table", () => {
  test("workers/breadcrumbs-tell-who-was-at-work-and-whose-thread-it-was", () => {
    const lines = [
      { asset: "/on-air.mp4" },
      { asset: "/on-air.mp4" },
      { asset: "/über.mkv" },
      { asset: "/gone.mp4", thread: 0 },
      { asset: "/idle.mp4", activity: 0 },
      { asset: "/half", sequence: 3 },
      { asset: `/${"x".repeat(600)}` },
    ];
    expect(readBreadcrumbs(table(lines))).toEqual({
      assets: ["/on-air.mp4", "/über.mkv"],
      guilty: undefined,
      isSent: false,
    });
    expect(readBreadcrumbs(table(lines, 3))?.guilty).toBe("/über.mkv");
    expect(readBreadcrumbs(table(lines, 9_999))?.guilty).toBeUndefined();
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["something else", Buffer.alloc(4_096, 7)],
    ["cut short", table([{ asset: "/a" }]).subarray(0, 4_096)],
    [
      "lines without end",
      (() => {
        const bytes = table([]);
        bytes.writeUInt32LE(0xffff_ffff, 8);
        return bytes;
      })(),
    ],
  ])("workers/breadcrumbs-that-are-none-are-nobodys: %s", (_, bytes) => {
    expect(readBreadcrumbs(bytes)).toBeUndefined();
  });
});

describe("workers/breadcrumb-files", () => {
  const libav = {
    port: "decoder" as const,
    use: "@retrovue/decoder-libav",
    options: { threads: 1 },
    place: "d[0]",
  };
  const other = { port: "decoder" as const, use: "./mine.js", options: {}, place: "d[1]" };

  function files() {
    const folder = mkdtempDisposableSync(join(tmpdir(), "playout-crumbs-"));
    const log = openLog({ level: "fatal", format: "json", now: () => 0n, write: () => {} });
    const made = new BreadcrumbFiles(folder.path, log);
    /** A process that left this table. */
    const process = (pid: number, bytes: Buffer | undefined) => {
      const { decoders, files: own } = made.placeFor([other, libav]);
      made.began(pid, own);
      const path = decoders[1]?.options["breadcrumbs"];
      if (bytes !== undefined) writeFileSync(String(path), bytes);
      return decoders;
    };
    return { made, process, folder: folder.path, [Symbol.dispose]: () => folder.remove() };
  }

  test("workers/only-decoders-that-leave-crumbs-are-told-where", () => {
    using made = files();
    const [mine, libavs] = made.process(1, undefined);
    expect(mine).toBe(other);
    expect(libavs?.options).toMatchObject({ threads: 1, breadcrumbs: expect.stringContaining("worker-1-1") });
    const own = { ...libav, options: { breadcrumbs: "/mine" } };
    expect(made.made.placeFor([own])).toEqual({ decoders: [own], files: [] });
  });

  test("workers/the-asset-of-the-thread-that-faulted-is-guilty-and-others-are-not", () => {
    using made = files();
    made.process(1, table([{ asset: "/a" }, { asset: "/b" }], 2));
    expect(made.made.leftBy(1, "SIGSEGV").suspects).toEqual([
      { uri: "/a", decoderIndex: 1, guilty: false },
      { uri: "/b", decoderIndex: 1, guilty: true },
    ]);
    // Once.
    expect(made.made.leftBy(1, "SIGSEGV").suspects).toEqual([]);
    expect(readdirSync(join(made.folder, `breadcrumbs-${process.pid}`))).toEqual([]);
  });

  test.each([
    ["the only asset, after a fault", "SIGSEGV", [{ asset: "/a" }], [true]],
    [
      "one of two, after a fault that nobody noted",
      "SIGSEGV",
      [{ asset: "/a" }, { asset: "/b" }],
      [false, false],
    ],
    ["the only asset, when somebody else killed the worker", "SIGKILL", [{ asset: "/a" }], [false]],
    ["the only asset, when the runtime gave up", "SIGABRT", [{ asset: "/a" }], [false]],
  ])("workers/who-is-guilty: %s", (_, cause, lines, guilty) => {
    using made = files();
    made.process(4, table(lines));
    expect(made.made.leftBy(4, cause).suspects.map((suspect) => suspect.guilty)).toEqual(guilty);
  });

  test("workers/whoever-was-at-work-is-not-to-blame-for-a-signal-that-was-sent", () => {
    using made = files();
    made.process(6, table([{ asset: "/a" }], 0, 4_711));
    const suspects = [{ uri: "/a", decoderIndex: 1, guilty: false }];
    expect(made.made.leftBy(6, "SIGSEGV")).toEqual({ suspects, isSent: true });
  });

  test("workers/a-process-that-left-nothing-blames-nobody", () => {
    using made = files();
    made.process(5, undefined);
    expect(made.made.leftBy(5, "SIGSEGV").suspects).toEqual([]);
    expect(made.made.leftBy(99, "SIGSEGV").suspects).toEqual([]);
  });

  test("workers/crumbs-are-removed-at-the-end-and-those-of-a-killed-engine-at-the-start", () => {
    using made = files();
    const ended = spawnSync(process.execPath, ["-e", ""]).pid;
    mkdirSync(join(made.folder, `breadcrumbs-${ended}`));
    mkdirSync(join(made.folder, `breadcrumbs-${process.ppid}`));
    const log = openLog({ level: "fatal", format: "json", now: () => 0n, write: () => {} });
    const next = new BreadcrumbFiles(made.folder, log);
    const own = `breadcrumbs-${process.pid}`;
    // Another engine that runs keeps its own.
    expect(readdirSync(made.folder).sort()).toEqual([own, `breadcrumbs-${process.ppid}`].sort());
    next[Symbol.dispose]();
    next[Symbol.dispose]();
    expect(readdirSync(made.folder)).toEqual([`breadcrumbs-${process.ppid}`]);
    expect(next.placeFor([libav])).toEqual({ decoders: [libav], files: [] });
  });
});
