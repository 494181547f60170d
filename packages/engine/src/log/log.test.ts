import { PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { type LogOptions, openLog, pluginLog } from "./log.js";

function recorded(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = openLog({
    level: "info",
    format: "json",
    now: () => 1_767_225_600_125_000_000n,
    write: (line) => lines.push(line),
    ...options,
  });
  return { log, lines };
}

describe("log", () => {
  test("log/one-json-object-a-line-with-named-fields", () => {
    const { log, lines } = recorded();
    log.child({ channel: 3 }).warn({ tick: 7, asset: "/a\nb.mp4" }, "stand-in began");
    expect(lines).toHaveLength(1);
    expect(lines[0]?.endsWith("}\n")).toBe(true);
    expect(lines[0]?.trimEnd()).not.toContain("\n");
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      level: "warn",
      time: "2026-01-01T00:00:00.125Z",
      channel: 3,
      tick: 7,
      asset: "/a\nb.mp4",
      message: "stand-in began",
    });
  });

  test("log/errors-have-code-and-remedy-and-no-stack-unless-the-fault-is-ours", () => {
    const { log, lines } = recorded();
    log.error({ err: new PlayoutError("MediaNotFound", "No file.", { remedy: "Put it there." }) }, "failed");
    log.error({ err: new TypeError("x is not a function") }, "failed");
    const [coded, ours] = lines.map((line) => JSON.parse(line).err);
    expect(coded).toEqual({ code: "MediaNotFound", what: "No file.", remedy: "Put it there." });
    expect(ours).toMatchObject({ code: "Internal", stack: expect.stringContaining("log.test") });
  });

  test("log/below-its-level-nothing-is-written", () => {
    const { log, lines } = recorded({ level: "warn" });
    log.info("quiet");
    expect(lines).toEqual([]);
  });

  test("log/a-plugins-lines-name-it", () => {
    const { log, lines } = recorded();
    pluginLog(log, "@example/weather").info("ready", { page: 2 });
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      plugin: "@example/weather",
      page: 2,
      message: "ready",
    });
  });

  test("log/pretty-lines-are-for-people", () => {
    const { log, lines } = recorded({ format: "pretty" });
    log.info({ channel: 1, tick: 5, asset: "a film.mp4" }, "segment began");
    log.error({ err: new PlayoutError("PortInUse", "Taken.", { remedy: "Free it." }) }, "no metrics");
    expect(lines).toEqual([
      '00:00:00.125 info  channel 1: segment began  tick=5 asset="a film.mp4"\n',
      "00:00:00.125 error no metrics\n    Taken. (PortInUse)\n    Free it.\n",
    ]);
  });

  test("log/colours-only-where-asked-for", () => {
    const { log, lines } = recorded({ format: "pretty", colours: true });
    log.info("x");
    expect(lines[0]).toContain("\u001b[32minfo ");
  });
});
