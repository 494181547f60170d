import { closeSync, mkdtempDisposableSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { NodeHostTime } from "../clock/node-host-time.js";
import { LogSink } from "./log-sink.js";

const { timer } = new NodeHostTime();

describe("log/sink", () => {
  test("log/lines-come-whole-and-in-order", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-sink-"));
    const file = join(folder.path, "log");
    const fd = openSync(file, "w");
    const sink = new LogSink(fd, timer);
    const lines = Array.from({ length: 2_000 }, (_, index) => `line ${index} ü\n`);
    for (const line of lines) sink.write(line);
    await sink.flush();
    closeSync(fd);
    expect(readFileSync(file, "utf8")).toBe(lines.join(""));
    expect(sink.dropped).toBe(0);
  });

  test("log/what-a-slow-reader-does-not-take-is-bounded-and-counted", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-sink-"));
    const fd = openSync(join(folder.path, "log"), "w");
    const sink = new LogSink(fd, timer);
    // All in one turn of the event loop: nothing can have been written yet.
    for (let i = 0; i < 2_000; i++) sink.write(`${"x".repeat(1_023)}\n`);
    expect(sink.dropped).toBe(2_000 - 1_024);
    await sink.flush();
    sink.write("again\n");
    expect(sink.dropped).toBe(2_000 - 1_024);
    await sink.flush();
    closeSync(fd);
  });

  test.runIf(process.platform === "linux")("log/a-full-disk-holds-nobody-up", async () => {
    const fd = openSync("/dev/full", "w");
    const sink = new LogSink(fd, timer);
    for (const lost of [1, 2]) {
      sink.write("lost\n");
      await sink.flush();
      expect(sink.dropped).toBe(lost);
    }
    closeSync(fd);
  });

  test("log/a-reader-that-is-gone-is-not-written-to-again", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-sink-"));
    writeFileSync(join(folder.path, "log"), "");
    const fd = openSync(join(folder.path, "log"), "r");
    const sink = new LogSink(fd, timer);
    sink.write("lost\n");
    await sink.flush();
    for (let i = 0; i < 3; i++) sink.write("lost too\n");
    await sink.flush();
    expect(sink.dropped).toBe(4);
    closeSync(fd);
  });
});
