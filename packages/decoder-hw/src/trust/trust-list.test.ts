import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { demotionsMax, type TrustKey, TrustList } from "./trust-list.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trust-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const key: TrustKey = { device: "cuda NVIDIA L4", codec: "h264", profile: "High 10", driver: "550.54.15" };
const since = "2026-01-02T03:04:05.000Z";
const fileOf = () => join(folder, readdirSync(folder).find((name) => name.endsWith(".json")) ?? "none");

describe("trust/list", () => {
  test("trust/what-is-demoted-is-so-in-every-process-and-after-a-restart", () => {
    const one = new TrustList({ folder });
    expect(one.isDemoted(key)).toBeUndefined();
    one.demote(key, "Picture 3 differs.", since);
    const later = new TrustList({ folder });
    expect(later.isDemoted(key)).toEqual({ ...key, why: "Picture 3 differs.", since });
    expect(later.entries()).toHaveLength(1);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test("trust/codec-profile-and-device-are-told-apart", () => {
    const list = new TrustList({ folder });
    list.demote(key, "It differs.", since);
    for (const other of [{ codec: "hevc" }, { profile: "High" }, { device: "qsv" }])
      expect(list.isDemoted({ ...key, ...other })).toBeUndefined();
    expect(list.isDemoted(key)).toBeDefined();
  });

  test("trust/another-driver-starts-with-a-clean-sheet", () => {
    const list = new TrustList({ folder });
    list.demote(key, "It differs.", since);
    const newer = { ...key, driver: "560.1" };
    expect(list.isDemoted(newer)).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
    expect(new TrustList({ folder }).isDemoted(key)).toBeUndefined();
  });

  test.each([
    ["nothing", ""],
    ["half of it", '{"device":"cuda'],
    ["another shape", '["cuda"]'],
    ["null", "null"],
    ["fields of other types", '{"device":1,"codec":2,"profile":3,"driver":4,"why":5,"since":6}'],
    ["more than we write", `{"device":"${"x".repeat(100_000)}"}`],
    ["bytes", "\u0000\uffff\u0001"],
  ])("trust/garbage-in-a-file-is-as-if-it-were-not-there: %s", (_, text) => {
    const list = new TrustList({ folder });
    list.demote(key, "It differs.", since);
    writeFileSync(fileOf(), text);
    const later = new TrustList({ folder });
    expect(later.isDemoted(key)).toBeUndefined();
    expect(later.entries()).toEqual([]);
    later.demote(key, "Again.", since);
    expect(new TrustList({ folder }).isDemoted(key)?.why).toBe("Again.");
  });

  test("trust/one-entry-in-the-place-of-another-is-not-believed", () => {
    const list = new TrustList({ folder });
    list.demote(key, "It differs.", since);
    const text = readFileSync(fileOf(), "utf8");
    writeFileSync(fileOf(), text.replace('"h264"', '"hevc"'));
    expect(new TrustList({ folder }).isDemoted(key)).toBeUndefined();
  });

  test("trust/links-and-folders-in-the-place-of-files-are-not-followed", () => {
    const list = new TrustList({ folder });
    list.demote(key, "It differs.", since);
    const path = fileOf();
    rmSync(path);
    symlinkSync("/etc/hostname", path);
    expect(new TrustList({ folder }).isDemoted(key)).toBeUndefined();
    mkdirSync(path, { recursive: true });
    expect(new TrustList({ folder }).isDemoted(key)).toBeUndefined();
    expect(readFileSync("/etc/hostname", "utf8")).not.toBe("");
  });

  test("trust/the-list-is-bounded-and-the-oldest-makes-room", () => {
    const list = new TrustList({ folder });
    for (let n = 0; n < demotionsMax + 20; n++) {
      list.demote({ ...key, profile: `p${n}` }, "It differs.", since);
      const name = readdirSync(folder).find((file) =>
        readFileSync(join(folder, file), "utf8").includes(`"p${n}"`),
      );
      utimesSync(join(folder, name ?? ""), n, n);
    }
    expect(readdirSync(folder).length).toBeLessThanOrEqual(demotionsMax);
    const later = new TrustList({ folder });
    expect(later.isDemoted({ ...key, profile: "p0" })).toBeUndefined();
    expect(later.isDemoted({ ...key, profile: `p${demotionsMax + 19}` })).toBeDefined();
    expect(later.entries().length).toBeLessThanOrEqual(demotionsMax);
  });

  test("trust/long-texts-of-drivers-and-files-are-cut", () => {
    const list = new TrustList({ folder });
    const long = { ...key, driver: "d".repeat(10_000), profile: "p".repeat(10_000) };
    list.demote(long, "w".repeat(10_000), since);
    expect(new TrustList({ folder }).isDemoted(long)?.why).toHaveLength(512);
    expect(readFileSync(fileOf()).length).toBeLessThan(4_096);
  });

  test("trust/without-a-folder-it-holds-in-this-process", () => {
    const list = new TrustList({ folder: undefined });
    list.demote(key, "It differs.", since);
    expect(list.isDemoted(key)?.why).toBe("It differs.");
    expect(list.isDemoted({ ...key, driver: "560.1" })).toBeUndefined();
    expect(list.entries()).toEqual([]);
  });

  test("trust/a-list-that-cannot-be-kept-is-told-and-holds-all-the-same", () => {
    const told: string[] = [];
    const at = join(folder, "file");
    writeFileSync(at, "");
    const list = new TrustList({ folder: at, onProblem: (what) => told.push(what) });
    list.demote(key, "It differs.", since);
    expect(list.isDemoted(key)).toBeDefined();
    expect(told.length).toBeGreaterThanOrEqual(1);
    expect(told[0]).toContain("cannot be kept");
  });

  test("trust/a-file-that-an-operator-removes-is-forgotten-at-once", () => {
    const list = new TrustList({ folder });
    list.demote(key, "It differs.", since);
    rmSync(fileOf());
    writeFileSync(join(folder, "notes.txt"), "an operator's own");
    expect(list.isDemoted(key)).toBeUndefined();
    expect(list.entries()).toEqual([]);
    expect(readdirSync(folder)).toEqual(["notes.txt"]);
  });

  test("trust/who-only-looks-makes-no-folder", () => {
    const at = join(folder, "not", "there");
    const list = new TrustList({ folder: at });
    expect([list.isDemoted(key), ...list.entries()]).toEqual([undefined]);
    expect(readdirSync(folder)).toEqual([]);
    list.demote(key, "It differs.", since);
    expect(readdirSync(at)).toHaveLength(1);
  });
});
