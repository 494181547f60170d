import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { readFromWorker } from "../workers/messages.js";
import { openMessagePipe } from "./message-pipe.js";
import { plainLauncher } from "./process-launcher.js";

/** What a hostile process has: descriptors, and time. */
const preface = `
  const { writeSync } = require("node:fs");
  const { serialize } = require("node:v8");
  const write = (bytes) => writeSync(3, Buffer.from(bytes));
  const say = (message, body = serialize(message)) => {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(body.length);
    write(Buffer.concat([head, body]));
  };
  setInterval(() => {}, 1e6);
`;

/** A real process that runs this. */
function begun(code: string) {
  const folder = mkdtempDisposableSync(join(tmpdir(), "playout-pipe-"));
  const entry = join(folder.path, "entry.cjs");
  writeFileSync(entry, preface + code);
  const needs = { kind: "media", read: [], make: [], plugins: [], folder: folder.path } as const;
  const child = plainLauncher.begin(entry, ["ignore", 2, 2, "pipe"], needs);
  return {
    child,
    heard: heardOf(child),
    gone: once(child, "exit"),
    [Symbol.dispose]: () => {
      child.kill("SIGKILL");
      folder.remove();
    },
  };
}

function heardOf(child: ChildProcess): readonly unknown[] {
  const heard: unknown[] = [];
  child.on("message", (message) => heard.push(message));
  return heard;
}

describe("processes/message-pipe", () => {
  test("processes/a-process-is-heard-and-spoken-to", async () => {
    using made = begun(`
      const pipe = new (require("node:net").Socket)({ fd: 3 });
      pipe.on("data", (bytes) => pipe.end(bytes));
      pipe.on("close", () => process.exit(0));
    `);
    const message = { kind: "mapping", at: 5n, bytes: new Uint8Array([1, 2]) };
    expect(made.child.connected).toBe(true);
    made.child.send(message, () => {});
    expect(await made.gone).toEqual([0, null]);
    await expect.poll(() => made.child.connected).toBe(false);
    expect(made.heard).toEqual([message]);
    expect(made.child.send(message, () => {})).toBe(false);
  });

  test.each([
    ["orders to Node itself", `say({ cmd: "NODE_HANDLE_ACK" });`, { cmd: "NODE_HANDLE_ACK" }],
    ["what takes a handle", `say({ cmd: "NODE_HANDLE", type: "x" });`, { cmd: "NODE_HANDLE", type: "x" }],
    ["nothing", "say(null);", null],
  ])("processes/is-a-message-like-any-other: %s", async (_, code, message) => {
    using made = begun(code);
    await expect.poll(() => made.heard).toEqual([message]);
  });

  test.each([
    ["bytes that are none", "write([4, 0, 0, 0, 1, 2, 3, 4]);"],
    ["a byte more than 64 MiB", "write([1, 0, 0, 4]);"],
    ["nothing at all", "write([0, 0, 0, 0]);"],
    ["two gigabytes", "write([255, 255, 255, 127]); for (;;) write(Buffer.alloc(65536));"],
    ["one after a good one", `say({ kind: "prepared" }); write([1, 0, 0, 0, 0]);`],
  ])("processes/a-process-that-sends-what-is-no-message-is-killed-alone: %s", async (_, code) => {
    using made = begun(code);
    using beside = begun(`say({ kind: "prepared" });`);
    expect(await made.gone).toEqual([null, "SIGKILL"]);
    const last = made.heard.at(-1);
    expect(PlayoutError.is(last, "InvalidArgument")).toBe(true);
    expect(() => readFromWorker(last)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
    expect(made.child.connected).toBe(false);
    await expect.poll(() => beside.heard).toEqual([{ kind: "prepared" }]);
  });

  test("processes/what-a-process-says-after-it-was-killed-is-not-heard", async () => {
    using made = begun(`for (let n = 0; n < 10; n++) say({ n });`);
    made.child.once("message", () => made.child.kill("SIGKILL"));
    await made.gone;
    expect(made.heard).toEqual([{ n: 0 }]);
  });

  test("processes/a-process-that-reads-nothing-is-killed", async () => {
    const idle = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], {
      stdio: ["ignore", 2, 2, "pipe"],
    });
    const child = openMessagePipe(idle, { unreadBytesMax: 1_000_000 });
    const heard = heardOf(child);
    const gone = once(child, "exit");
    for (let n = 0; n < 40; n++) child.send({ text: "x".repeat(100_000) }, () => {});
    expect(await gone).toEqual([null, "SIGKILL"]);
    expect(heard).toMatchObject([{ code: "LimitExceeded" }]);
  });
});
