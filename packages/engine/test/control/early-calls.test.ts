import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { RunningEngine, smallConfig } from "../running-engine.js";

const path = "/retrovue.playout.PlayoutStatus/ListChannels";

/** A transport that serves nothing, and calls the engine's own server when it is started and stopped. */
const caller = `
import { appendFileSync } from "node:fs";
const ask = async (when, host, path) => {
  const { status, headers } = await fetch("http://" + host.address + path, { method: "POST", body: "{}" });
  const line = [when, path, status, headers.get("retry-after")];
  appendFileSync(new URL("./calls.jsonl", import.meta.url), JSON.stringify(line) + "\\n");
};
let known;
export default {
  // As definePlugin makes it; a file in a folder of its own finds no packages.
  kind: "retrovue-plugin",
  name: "caller",
  contract: "1.0",
  provides: {
    transport: {
      options: { parse: () => ({}) },
      create: () => ({
        start: async (_control, host) => {
          known = host;
          for (const path of ["${path}", "/grpc.health.v1.Health/Check", "/other"]) await ask("start", host, path);
          return [];
        },
        stop: () => ask("stop", known, "${path}"),
      }),
    },
  },
};
`;

describe("control/early calls", () => {
  test("control/its-paths-are-503-while-the-engine-starts-and-ends-and-404-where-nobody-serves-them", async () => {
    await using running = new RunningEngine();
    const file = join(running.folder, "caller.mjs");
    writeFileSync(file, caller);
    const config = smallConfig("[]").replace("transports: []", `transports: [{ use: "${file}" }]`);
    const { addresses } = await running.start(config);
    expect((await fetch(`http://${addresses.control}${path}`, { method: "POST", body: "{}" })).status).toBe(
      404,
    );
    await running.stop();
    const calls = readFileSync(join(running.folder, "calls.jsonl"), "utf8").trim().split("\n");
    expect(calls.map((line) => JSON.parse(line))).toEqual([
      ["start", path, 503, "1"],
      ["start", "/grpc.health.v1.Health/Check", 503, "1"],
      ["start", "/other", 404, null],
      ["stop", path, 503, "1"],
    ]);
  });
});
