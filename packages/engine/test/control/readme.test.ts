import { readFileSync } from "node:fs";
import { defaultAccess, parseServerOptions } from "@retrovue/protocol/serving";
import { ConnectTransport } from "@retrovue/transport-connect";
import { GrpcTransport } from "@retrovue/transport-grpc";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root, run } from "../built-cli.js";
import { RunningEngine, smallConfig } from "../running-engine.js";

const marker = "<!-- run by packages/engine/test/control/readme.test.ts -->";
const readme = readFileSync(`${root}README.md`, "utf8");
const block = new RegExp(`${marker}\\n\`\`\`sh\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1] ?? "";
const lines = block.trim().split("\n");

/** What each line answers, in order: a line without an entry here is a fault of this test. */
const answers = [
  /"version":"1\.1\.0"/,
  /"success":true,"message":"started/,
  /"channelId":7.*"planSource":"test:\/\/bars"/s,
  /"revision":"2","changed":true/,
  /"channels"/,
  /"success": true/,
  /^engine test-1/,
  /^stopped$/m,
];

const running = new RunningEngine();
const grpc = new GrpcTransport({
  options: parseServerOptions({ listen: "127.0.0.1:0" }),
  access: defaultAccess,
});
const http = new ConnectTransport({
  options: parseServerOptions({ listen: "http://127.0.0.1:0" }),
  access: defaultAccess,
});
const addresses = { grpc: "", http: "" };

beforeAll(async () => {
  buildIfStale();
  const { control } = await running.start(smallConfig(`[{ id: 1, autostart: false, outputs: [] }]`));
  const host = { mount: () => ({ [Symbol.dispose]() {} }) };
  const never = new AbortController().signal;
  addresses.grpc = (await grpc.start(control, host, never))[0]?.address ?? "";
  addresses.http = ((await http.start(control, host, never))[0]?.address ?? "").replace("http://", "");
}, 120_000);

afterAll(async () => {
  await grpc.stop(AbortSignal.abort());
  await http.stop(AbortSignal.abort());
  await running[Symbol.asyncDispose]();
});

describe("readme/lines do what they say", () => {
  test("readme/each-line-has-its-answer", () => {
    expect(lines).toHaveLength(answers.length);
  });

  // One after another: each builds on what the ones before did.
  test.each(lines.map((line, n): [string, number] => [line, n]))(
    "%s",
    async (line, n) => {
      const here = line
        .replaceAll("127.0.0.1:50051", addresses.grpc)
        .replaceAll("127.0.0.1:8090", addresses.http)
        .replace(/\bctl\b/, `ctl --to http://${addresses.http}`);
      const { code, out, err } = await run("bash", ["-c", here]);
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toMatch(answers[n] ?? /nothing is expected/);
    },
    60_000,
  );
});
