import { execFileSync, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Nanoseconds } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { openLog } from "../log/log.js";
import { type Activity, BreadcrumbFile } from "./breadcrumb-file.js";
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
      openings: [],
      hasFault: false,
      guilty: undefined,
      isGuiltyOpening: false,
      isSent: false,
    });
    expect(readBreadcrumbs(table(lines, 3))).toMatchObject({
      hasFault: true,
      guilty: "/über.mkv",
      isGuiltyOpening: false,
    });
    // Half written, too long, and beyond the table: somebody faulted, and nobody knows in what.
    for (const fault of [6, 7, 9_999])
      expect(readBreadcrumbs(table(lines, fault))).toMatchObject({ hasFault: true, guilty: undefined });
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
    let now = 0n as Nanoseconds;
    const folder = mkdtempDisposableSync(join(tmpdir(), "playout-crumbs-"));
    const log = openLog({ level: "fatal", format: "json", now: () => 0n, write: () => {} });
    const made = new BreadcrumbFiles(folder.path, log, () => now);
    /** A process that left this table. */
    const process = (pid: number, bytes: Buffer | undefined) => {
      const { decoders, files: own } = made.placeFor([other, libav]);
      made.began(pid, own);
      const path = decoders[1]?.options["breadcrumbs"];
      if (bytes !== undefined) writeFileSync(String(path), bytes);
      return decoders;
    };
    /** A process whose other decoder, which leaves no crumbs, was at these calls when it ended. */
    const trailed = (pid: number, ...calls: readonly [string, Activity, isEntered?: boolean][]) => {
      const [mine] = process(pid, undefined);
      using crumbs = new BreadcrumbFile(String(mine?.trail));
      for (const [uri, activity, isEntered] of calls) {
        // What has been entered gives no promise; the table stays as it is then.
        if (isEntered !== true) void crumbs.line(uri).during(activity, () => new Promise(() => {}));
        else
          void crumbs.line(uri).during(activity, () => {
            crumbs[Symbol.dispose]();
            return new Promise(() => {});
          });
      }
    };
    const pass = (ms: number) => {
      now = (now + BigInt(ms) * 1_000_000n) as Nanoseconds;
    };
    return { made, process, trailed, pass, folder: folder.path, [Symbol.dispose]: () => folder.remove() };
  }

  test("workers/only-decoders-that-leave-crumbs-are-told-where-and-of-others-the-calls-are-noted", () => {
    using made = files();
    const [mine, libavs] = made.process(1, undefined);
    expect(mine).toEqual({ ...other, trail: expect.stringContaining("worker-1-0") });
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

  test.each<[string, string, [string, Activity, isEntered?: boolean][], string[]]>([
    ["a call to open that never gave its promise", "SIGSEGV", [["/bad", "opening", true]], ["/bad"]],
    ["one to seek", "SIGBUS", [["/bad", "seeking", true]], ["/bad"]],
    ["that gave the process up", "SIGABRT", [["/bad", "opening", true]], ["/bad"]],
    [
      "whoever waits beside it",
      "SIGSEGV",
      [
        ["/a", "opening"],
        ["/bad", "opening", true],
      ],
      ["/bad"],
    ],
    [
      "the only one that is being opened",
      "SIGSEGV",
      [
        ["/a", "reading"],
        ["/bad", "opening"],
      ],
      ["/bad"],
    ],
    [
      "none of two",
      "SIGSEGV",
      [
        ["/a", "opening"],
        ["/b", "opening"],
      ],
      [],
    ],
    ["nobody who reads, at once", "SIGSEGV", [["/a", "reading", true]], []],
    ["nobody where the runtime gave up", "SIGABRT", [["/a", "opening"]], []],
    ["nobody who reads where the runtime gave up", "SIGABRT", [["/a", "reading", true]], []],
    ["nobody where somebody else killed it", "SIGKILL", [["/a", "opening", true]], []],
  ])("workers/of-decoders-without-crumbs-is-guilty: %s", (_, cause, calls, guilty) => {
    using made = files();
    made.trailed(7, ...calls);
    const { suspects } = made.made.leftBy(7, cause);
    expect(suspects.map(({ uri }) => uri).sort()).toEqual(calls.map(([uri]) => uri).sort());
    expect(suspects.filter((suspect) => suspect.guilty)).toEqual(
      guilty.map((uri) => ({ uri, decoderIndex: 0, guilty: true })),
    );
  });

  test.each<[string, string, number, [string, Activity, isEntered?: boolean][], boolean]>([
    ["the next process ends there as well", "SIGSEGV", 800, [["/a", "reading"]], true],
    [
      "it does so in the call itself",
      "SIGSEGV",
      800,
      [
        ["/b", "reading"],
        ["/a", "reading", true],
      ],
      true,
    ],
    ["that is long after", "SIGSEGV", 11_000, [["/a", "reading"]], false],
    ["it was another", "SIGSEGV", 800, [["/b", "reading"]], false],
    ["somebody else killed it", "SIGKILL", 800, [["/a", "reading"]], false],
    [
      "two were at work",
      "SIGSEGV",
      800,
      [
        ["/a", "reading"],
        ["/b", "reading"],
      ],
      false,
    ],
  ])(
    "workers/whoever-reads-is-guilty-at-the-second-time-only: where %s",
    (_, cause, afterMs, calls, isGuilty) => {
      using made = files();
      made.trailed(1, ["/a", "reading"]);
      expect(made.made.leftBy(1, "SIGSEGV").suspects).toEqual([
        { uri: "/a", decoderIndex: 0, guilty: false },
      ]);
      made.pass(afterMs);
      made.trailed(2, ...calls);
      const guilty = made.made.leftBy(2, cause).suspects.filter((suspect) => suspect.guilty);
      expect(guilty).toEqual(isGuilty ? [{ uri: "/a", decoderIndex: 0, guilty: true }] : []);
      // Whoever was found guilty starts afresh: its bar is what keeps it away.
      made.pass(100);
      made.trailed(3, ["/a", "reading"]);
      expect(made.made.leftBy(3, "SIGKILL").suspects).toMatchObject([{ guilty: false }]);
    },
  );

  test("workers/a-thread-that-noted-its-fault-clears-those-whose-calls-are-waited-for", () => {
    using made = files();
    const [mine, libavs] = made.process(8, table([{ asset: "/a" }, { asset: "/bad" }], 2));
    using crumbs = new BreadcrumbFile(String(mine?.trail));
    void crumbs.line("/innocent").during("opening", () => new Promise(() => {}));
    expect(libavs?.options["breadcrumbs"]).toBeDefined();
    expect(made.made.leftBy(8, "SIGSEGV").suspects.filter(({ guilty }) => guilty)).toEqual([
      { uri: "/bad", decoderIndex: 1, guilty: true },
    ]);
  });

  test("workers/what-is-over-leaves-no-crumb-and-a-name-too-long-names-nobody", async () => {
    using made = files();
    const [mine] = made.process(9, undefined);
    const path = String(mine?.trail);
    using crumbs = new BreadcrumbFile(path);
    const line = crumbs.line("/done");
    await line.during("opening", async () => "given");
    await expect(line.during("reading", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    const refuses = () => {
      throw new Error("at once");
    };
    await expect(line.during("reading", refuses)).rejects.toThrow("at once");
    void crumbs.line(`/${"x".repeat(500)}`).during("opening", () => new Promise(() => {}));
    using left = crumbs.line("/left");
    void left.during("reading", () => new Promise(() => {}));
    expect(readBreadcrumbs(readFileSync(path))).toMatchObject({ assets: ["/left"], guilty: undefined });
    left[Symbol.dispose]();
    expect(readBreadcrumbs(readFileSync(path))?.assets).toEqual([]);
  });

  test("workers/more-calls-than-lines-are-made-without-crumbs", async () => {
    using made = files();
    const path = join(made.folder, "many");
    using crumbs = new BreadcrumbFile(path);
    const lines = Array.from({ length: 200 }, (_, index) => crumbs.line(`/${index}`));
    for (const line of lines) void line.during("reading", () => new Promise(() => {}));
    expect(await lines.at(-1)?.during("reading", async () => 7)).toBe(7);
    expect(readBreadcrumbs(readFileSync(path))?.assets).toHaveLength(127);
    for (const line of lines) line[Symbol.dispose]();
    using again = crumbs.line("/again");
    void again.during("opening", () => new Promise(() => {}));
    expect(readBreadcrumbs(readFileSync(path))?.assets).toEqual(["/again"]);
  });

  test.each<[string, (path: string) => void]>([
    ["a link", (path) => symlinkSync("/dev/zero", path)],
    ["a pipe", (path) => execFileSync("mkfifo", [path])],
    [
      "more than any table",
      (path) => {
        writeFileSync(path, table([{ asset: "/a" }], 1));
        truncateSync(path, 2 ** 32);
      },
    ],
  ])("workers/what-a-process-puts-in-the-place-of-its-crumbs-blames-nobody: %s", (_, put) => {
    using made = files();
    const [, libavs] = made.process(10, undefined);
    put(String(libavs?.options["breadcrumbs"]));
    expect(made.made.leftBy(10, "SIGSEGV")).toEqual({ suspects: [], isSent: false });
  });

  test("workers/crumbs-lie-where-nobody-else-comes", () => {
    using made = files();
    expect(statSync(join(made.folder, `breadcrumbs-${process.pid}`)).mode & 0o777).toBe(0o700);
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
    const next = new BreadcrumbFiles(made.folder, log, () => 0n as Nanoseconds);
    const own = `breadcrumbs-${process.pid}`;
    // Another engine that runs keeps its own.
    expect(readdirSync(made.folder).sort()).toEqual([own, `breadcrumbs-${process.ppid}`].sort());
    next[Symbol.dispose]();
    next[Symbol.dispose]();
    expect(readdirSync(made.folder)).toEqual([`breadcrumbs-${process.ppid}`]);
    expect(next.placeFor([libav])).toEqual({ decoders: [libav], files: [] });
  });
});
