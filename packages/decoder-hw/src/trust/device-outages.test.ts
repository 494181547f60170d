import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DeviceOutages, outageMs } from "./device-outages.js";

let folder = "";
let nowMs = 1_000_000;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "outages-"));
  nowMs = 1_000_000;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const outagesOf = (at = folder) => new DeviceOutages({ folder: at, nowMs: () => nowMs });

describe("trust/device outages", () => {
  test("trust/who-finds-a-device-lost-tells-all-processes", () => {
    const [one, other] = [outagesOf(), outagesOf()];
    expect(other.current("cuda:0")).toBeUndefined();
    one.report("cuda:0", "The driver answers 'device lost'.");
    expect(other.current("cuda:0")).toEqual({
      device: "cuda:0",
      why: "The driver answers 'device lost'.",
      atMs: nowMs,
    });
    expect(other.current("cuda:1")).toBeUndefined();
    expect(readdirSync(folder)).toEqual(["cuda%3A0.lost"]);
  });

  test("trust/a-lost-device-is-tried-again-after-a-while", () => {
    const [one, other] = [outagesOf(), outagesOf()];
    one.report("cuda:0", "Lost.");
    nowMs += outageMs - 1;
    expect(other.current("cuda:0")).toBeDefined();
    nowMs += 1;
    expect([one.current("cuda:0"), other.current("cuda:0")]).toEqual([undefined, undefined]);
    one.report("cuda:0", "Lost again.");
    expect(other.current("cuda:0")?.why).toBe("Lost again.");
  });

  test("trust/a-time-of-day-that-was-set-back-loses-no-device-for-ever", () => {
    const one = outagesOf();
    one.report("cuda:0", "Lost.");
    nowMs -= 3_600_000;
    expect(one.current("cuda:0")).toBeUndefined();
  });

  test.each(["", "null", "[]", '{"why":1,"atMs":"x"}', '{"why":"x"'])(
    "trust/garbage-in-an-outage-is-no-outage: %s",
    (text) => {
      writeFileSync(join(folder, "cuda%3A0.lost"), text);
      expect(outagesOf().current("cuda:0")).toBeUndefined();
    },
  );

  test("trust/without-a-folder-this-process-knows-it", () => {
    const at = join(folder, "file");
    writeFileSync(at, "");
    const one = outagesOf(at);
    one.report("cuda:0", "Lost.");
    expect(one.current("cuda:0")?.why).toBe("Lost.");
  });
});
