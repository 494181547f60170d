import { mkdirSync, mkdtempDisposableSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openLog } from "../log/log.js";
import { AsRunFiles, broadcastDay } from "./as-run-files.js";
import type { AsRunLine } from "./as-run-line.js";
import { readAsRun } from "./read-as-run.js";

const lineAt = (tick: number, at = "2026-03-04T12:00:00.000Z"): AsRunLine => ({
  v: 1,
  type: "stopped",
  at,
  channel: 1,
  tick,
});

function store(options: { waitingMax?: number; bytesMax?: number } = {}) {
  const folder = mkdtempDisposableSync(join(tmpdir(), "playout-as-run-"));
  const logged: string[] = [];
  const log = openLog({ level: "info", format: "json", now: () => 0n, write: (line) => logged.push(line) });
  const files = new AsRunFiles({ dataDir: folder.path, keepDays: 30, log, ...options });
  return {
    dataDir: folder.path,
    files,
    logged,
    names: () => readdirSync(files.folder).sort(),
    [Symbol.dispose]: () => folder.remove(),
  };
}

describe("as-run files", () => {
  test("as-run/lines-are-kept-in-order-one-file-a-day", async () => {
    using made = store();
    const days = ["2026-03-04T12:00:00.000Z", "2026-03-05T12:00:00.000Z"];
    for (let tick = 0; tick < 500; tick++) made.files.append(lineAt(tick, days[tick < 250 ? 0 : 1]));
    await made.files.settled();
    expect(made.names()).toEqual(["2026-03-04.jsonl", "2026-03-05.jsonl"]);
    const { lines, damaged, lost } = await readAsRun(made.dataDir);
    expect(lines.map((line) => line.type === "stopped" && line.tick)).toEqual([...Array(500).keys()]);
    expect({ damaged, lost }).toEqual({ damaged: 0, lost: 0 });
  });

  test("as-run/half-a-line-that-a-killed-engine-left-spoils-no-other", async () => {
    using made = store();
    mkdirSync(made.files.folder);
    writeFileSync(join(made.files.folder, "2026-03-04.jsonl"), `${JSON.stringify(lineAt(1))}\n{"v":1,"ty`);
    made.files.append(lineAt(2));
    await made.files.settled();
    const { lines, damaged } = await readAsRun(made.dataDir);
    expect(lines).toEqual([lineAt(1), lineAt(2)]);
    expect(damaged).toBe(1);
  });

  test("lesson/51-an-as-run-log-that-cannot-be-written-is-told-once-counted-and-goes-on-later", async () => {
    using made = store();
    // A file where the folder belongs: what a full or dead disk answers, also to root.
    writeFileSync(made.files.folder, "");
    for (let tick = 0; tick < 3; tick++) {
      made.files.append(lineAt(tick));
      await made.files.settled();
    }
    expect(made.logged.filter((line) => line.includes("cannot be written"))).toHaveLength(1);
    rmSync(made.files.folder);
    made.files.append(lineAt(3));
    await made.files.settled();
    const { lines, lost } = await readAsRun(made.dataDir);
    expect(lines[0]).toEqual(lineAt(3));
    expect(lost).toBe(3);
    expect(made.logged.filter((line) => line.includes("written again"))).toHaveLength(1);
  });

  test("as-run/what-waits-and-what-a-day-holds-is-bounded", async () => {
    using waiting = store({ waitingMax: 10 });
    for (let tick = 0; tick < 50; tick++) waiting.files.append(lineAt(tick));
    await waiting.files.settled();
    const { lines, lost } = await readAsRun(waiting.dataDir);
    expect(lines.filter(({ type }) => type === "stopped").length + lost).toBe(50);
    expect(lost).toBeGreaterThanOrEqual(39);
    using small = store({ bytesMax: 1_000 });
    for (let tick = 0; tick < 50; tick++) {
      small.files.append(lineAt(tick));
      await small.files.settled();
    }
    expect(readFileSync(join(small.files.folder, "2026-03-04.jsonl")).length).toBeLessThanOrEqual(1_000);
  });

  test("as-run/old-days-are-removed-and-nothing-else", async () => {
    using made = store();
    mkdirSync(made.files.folder);
    for (const name of ["2026-01-01.jsonl", "2026-03-01.jsonl", "notes.txt"])
      writeFileSync(join(made.files.folder, name), "");
    made.files.append(lineAt(1));
    await made.files.settled();
    expect(made.names()).toEqual(["2026-03-01.jsonl", "2026-03-04.jsonl", "notes.txt"]);
  });

  test("as-run/a-day-is-the-date-in-the-hosts-time-zone", () => {
    const at = new Date(2026, 2, 4, 0, 0, 0).getTime();
    expect(broadcastDay(at)).toBe("2026-03-04");
    expect(broadcastDay(at - 1)).toBe("2026-03-03");
  });
});
