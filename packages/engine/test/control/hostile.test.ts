import { execFileSync } from "node:child_process";
import { mkdtempDisposableSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { connect as connectSocket, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { failureOf, connect as tlsClient } from "@retrovue/client";
import type { ControlAccess, HttpHost, Transport } from "@retrovue/core";
import { StartChannelRequestSchema } from "@retrovue/protocol";
import { defaultAccess, parseServerOptions } from "@retrovue/protocol/serving";
import { ConnectTransport } from "@retrovue/transport-connect";
import { GrpcTransport } from "@retrovue/transport-grpc";
import { describe, expect, test } from "vitest";
import { readConfigText } from "../../src/config/load.js";
import { controlAccess } from "../../src/control/access.js";
import { RunningEngine, smallConfig } from "../running-engine.js";
import { certify } from "./certify.js";

const asset = "test://pattern?duration=60s&size=16x16&mark=compact";
const channels = `[{ id: 1, plan: "${asset}", outputs: [] }]`;
const noHost: HttpHost = { mount: () => ({ [Symbol.dispose]() {} }) };
const never = new AbortController().signal;
const token = "0123456789abcdef0123";

async function served(
  kind: "grpc" | "connect",
  listen: string,
  access: ControlAccess = defaultAccess,
  more: object = {},
) {
  const running = new RunningEngine();
  const { control } = await running.start(smallConfig(channels));
  const deps = { options: parseServerOptions({ listen, ...more }), access };
  const transport: Transport = kind === "grpc" ? new GrpcTransport(deps) : new ConnectTransport(deps);
  const close = async () => {
    await transport.stop(AbortSignal.abort());
    await running[Symbol.asyncDispose]();
  };
  try {
    const [endpoint] = await transport.start(control, noHost, never);
    return { running, address: endpoint?.address ?? "", [Symbol.asyncDispose]: close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** Access as a configuration gives it. */
function accessOf(security: string): ControlAccess {
  const reading = readConfigText(`security: ${security}`, "/nowhere/playout.yaml", {
    environment: {},
    exists: () => true,
  });
  if (!reading.ok) throw new Error(reading.faults.map(({ found }) => found).join());
  return controlAccess(reading.config);
}

const grpcCall = (
  address: string,
  bytes: Uint8Array,
  channel = credentials.createInsecure(),
  headers: Record<string, string> = {},
) =>
  new Promise<number>((resolve) => {
    const client = new Client(address, channel, { "grpc.max_send_message_length": -1 });
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
    const path = "/retrovue.playout.PlayoutControl/StartChannel";
    client.makeUnaryRequest(
      path,
      (one: Uint8Array) => Buffer.from(one),
      (one: Buffer) => one,
      bytes,
      metadata,
      (error) => {
        client.close();
        resolve(error?.code ?? 0);
      },
    );
  });

const start = toBinary(
  StartChannelRequestSchema,
  create(StartChannelRequestSchema, { channelId: 1, planHandle: asset }),
);
const large = toBinary(
  StartChannelRequestSchema,
  create(StartChannelRequestSchema, { channelId: 1, planHandle: "x".repeat(10_000_000) }),
);

async function post(
  address: string,
  headers: Record<string, string>,
  body: Uint8Array | string,
  path = "StartChannel",
) {
  const response = await fetch(`${address}/retrovue.playout.PlayoutControl/${path}`, {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : Buffer.from(body),
  });
  const text = await response.text();
  return {
    http: response.status,
    code: (JSON.parse(text || "{}") as { code?: string }).code,
    text,
    headers: response.headers,
  };
}

/** Sees whether a channel plays on, picture by picture. */
async function playsOn(running: RunningEngine): Promise<void> {
  const seen = await running.watch(1, 400);
  expect(seen.length).toBeGreaterThan(5);
  expect(seen.map(({ frame }) => frame)).toEqual(seen.map((_, n) => (seen[0]?.frame ?? 0) + n));
}

describe("control/hostile callers", () => {
  test("control/messages-that-are-too-large-are-refused-and-nothing-on-air-notices", async () => {
    await using grpc = await served("grpc", "127.0.0.1:0");
    expect(await grpcCall(grpc.address, large)).toBe(8);
    const client = tlsClient(`grpc://${grpc.address}`);
    const planHandle = "x".repeat(10_000_000);
    const failure = await client.control.startChannel({ channelId: 1, planHandle }).then(() => {}, failureOf);
    expect(failure).toMatchObject({ status: 8, code: "LimitExceeded", details: { limit: "4194304" } });
    client.close();
    expect(await grpcCall(grpc.address, start)).toBe(0);
    await playsOn(grpc.running);
    await using http = await served("connect", "http://127.0.0.1:0");
    for (const type of ["application/proto", "application/json"]) {
      const answer = await post(http.address, { "content-type": type }, large);
      expect(answer).toMatchObject({ http: 429, code: "resource_exhausted" });
      expect(answer.text).toContain("google.rpc.ErrorInfo");
    }
    await playsOn(http.running);
  });

  test("control/requests-that-are-no-calls-are-never-unknown-and-tell-no-stack", async () => {
    await using it = await served("connect", "http://127.0.0.1:0");
    const json = { "content-type": "application/json" };
    const answers = [
      await post(it.address, { "content-type": "text/plain" }, "x"),
      await post(it.address, json, "{}", "NoSuchMethod"),
      await post(it.address, { ...json, "connect-timeout-ms": "x" }, "{}"),
      await post(it.address, { ...json, "content-encoding": "gzip" }, "{}"),
      await post(it.address, { ...json, "connect-protocol-version": "9" }, "{}"),
      await post(it.address, json, '{"channelId":1e99}'),
      await post(it.address, json, new Uint8Array([0x22, 0xff])),
    ];
    for (const { code, text } of answers) {
      expect(["invalid_argument", "unimplemented"]).toContain(code);
      expect(text).not.toMatch(/\bat .*\.(?:js|ts):\d/);
    }
    const get = await fetch(
      `${it.address}/retrovue.playout.PlayoutControl/StopChannel?encoding=json&message={}`,
    );
    expect(((await get.json()) as { code: string }).code).toBe("invalid_argument");
  });

  test("control/reading-calls-may-be-a-get", async () => {
    await using it = await served("connect", "http://127.0.0.1:0");
    const ask = async (query: string) =>
      (await (
        await fetch(`${it.address}/retrovue.playout.PlayoutStatus/GetChannel?${query}`)
      ).json()) as Record<string, unknown>;
    const good = new URLSearchParams({ connect: "v1", encoding: "json", message: '{"channelId":1}' });
    expect(await ask(String(good))).toMatchObject({ channel: { channelId: 1 } });
    expect(await ask("connect=v1&encoding=proto&base64=1&message=CgF_QQ")).toMatchObject({
      code: "invalid_argument",
    });
    expect(await ask("connect=v1&encoding=json&message=%7B")).toMatchObject({ code: "invalid_argument" });
  });

  test("control/floods-of-connections-are-bounded-and-served-again-when-they-go", async () => {
    for (const [kind, listen] of [
      ["grpc", "127.0.0.1:0"],
      ["connect", "http://127.0.0.1:0"],
      ["connect", "h2c://127.0.0.1:0"],
    ] as const) {
      await using it = await served(kind, listen, defaultAccess, { connectionsMax: 8 });
      const port = Number(it.address.split(":").at(-1));
      const dropped: Promise<void>[] = [];
      const sockets: Socket[] = [];
      for (let n = 0; n < 64; n++) {
        const socket = connectSocket(port, "127.0.0.1");
        socket.on("error", () => {});
        sockets.push(socket);
        dropped.push(new Promise((resolve) => socket.once("close", () => resolve())));
      }
      // All beyond the bound are closed by the server at once; those within it stay until they are let go.
      let closed = 0;
      for (const one of dropped) void one.then(() => closed++);
      await expect.poll(() => closed).toBeGreaterThanOrEqual(56);
      await playsOn(it.running);
      for (const socket of sockets) socket.destroy();
      await Promise.all(dropped);
      const url = kind === "grpc" ? `grpc://${it.address}` : it.address.replace("h2c", "grpc");
      const client = tlsClient(url);
      await expect
        .poll(() =>
          client.control.getVersion({}).then(
            ({ version }) => version,
            () => "",
          ),
        )
        .toBe("1.1.0");
      client.close();
    }
  }, 60_000);

  test("control/pages-of-strangers-may-not-call", async () => {
    await using it = await served("connect", "http://127.0.0.1:0", {
      ...defaultAccess,
      corsOrigins: ["https://console.example"],
    });
    const json = { "content-type": "application/json" };
    const call = (headers: Record<string, string>) => ask(it.address, { ...json, ...headers });
    expect((await call({})).status).toBe(200);
    expect((await call({ origin: "http://localhost:3000" })).status).toBe(200);
    const allowed = await call({ origin: "https://console.example" });
    expect([allowed.status, allowed.headers["access-control-allow-origin"]]).toEqual([
      200,
      "https://console.example",
    ]);
    const stranger = await call({ origin: "https://evil.example" });
    expect([stranger.status, stranger.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
    // A name that somebody points at this host.
    expect((await call({ host: "evil.example:80", origin: "http://evil.example:80" })).status).toBe(403);
    expect((await call({ host: "evil.example" })).status).toBe(403);
    const preflight = await ask(it.address, { origin: "https://console.example" }, "OPTIONS");
    expect([preflight.status, preflight.headers["access-control-allow-methods"]]).toEqual([204, "POST, GET"]);
  });
});

/** A request with headers that fetch would not let through. */
const ask = (address: string, headers: Record<string, string>, method = "POST") =>
  new Promise<{ status: number; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
    const asked = httpRequest(
      `${address}/retrovue.playout.PlayoutControl/GetVersion`,
      { method, headers },
      (response) => {
        response.resume();
        response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
      },
    );
    asked.once("error", reject);
    asked.end(method === "POST" ? "{}" : undefined);
  });

describe("control/who may call", () => {
  test.each(["grpc", "connect"] as const)(
    "control/beyond-loopback-nothing-listens-unguarded: %s",
    async (kind) => {
      const listen = kind === "grpc" ? "0.0.0.0:0" : "http://0.0.0.0:0";
      await expect(served(kind, listen)).rejects.toMatchObject({
        code: "InvalidConfig",
        remedy: expect.stringContaining("insecure: true"),
      });
      await using open = await served(kind, listen, accessOf("{ insecure: true }"));
      expect(open.address).toContain("0.0.0.0:");
    },
  );

  test.each(["grpc", "connect"] as const)(
    "control/beyond-loopback-a-token-is-asked-for: %s",
    async (kind) => {
      const listen = kind === "grpc" ? "0.0.0.0:0" : "h2c://0.0.0.0:0";
      await using it = await served(kind, listen, accessOf(`{ tokens: [{ name: core, token: ${token} }] }`));
      const url = `grpc://127.0.0.1:${it.address.split(":").at(-1)}`;
      for (const given of [undefined, "0123456789abcdef0124", "x"]) {
        const client = tlsClient(url, given === undefined ? {} : { token: given });
        const failure = await client.control.getVersion({}).then(() => undefined, failureOf);
        expect(failure).toMatchObject({ status: 16, code: "Unauthenticated" });
        client.close();
      }
      const client = tlsClient(url, { token });
      expect((await client.control.startChannel({ channelId: 1, planHandle: asset })).success).toBe(true);
      expect(it.running.logged("call")).toMatchObject([{ peer: expect.stringMatching(/^core \(/) }]);
      client.close();
    },
  );

  test("control/a-token-may-stand-in-a-file", () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-token-"));
    const file = join(folder.path, "token");
    writeFileSync(file, `${token}\n`);
    const access = accessOf(`{ tokens: [{ name: core, tokenFile: ${file} }] }`);
    const remote = { isLocal: false, certificateName: undefined, address: "a" };
    expect(access.admit({ ...remote, bearerToken: token })).toBe("core (a)");
    expect(() => access.admit({ ...remote, bearerToken: undefined })).toThrow(/did not say who it is/);
    expect(access.admit({ ...remote, isLocal: true, bearerToken: undefined })).toBe("a");
    writeFileSync(file, "short\n");
    expect(() => accessOf(`{ tokens: [{ name: core, tokenFile: ${file} }] }`)).toThrow(/no token/);
  });

  test("control/a-client-certificate-opens-over-tls", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-tls-"));
    const at = (name: string) => join(folder.path, name);
    certify(at, "ca");
    certify(at, "server", "ca");
    certify(at, "core", "ca");
    certify(at, "stranger");
    const access = accessOf(
      `{ tls: { certFile: ${at("server.pem")}, keyFile: ${at("server.key")}, clientCaFile: ${at("ca.pem")} } }`,
    );
    await using it = await served("grpc", "0.0.0.0:0", access);
    const address = `localhost:${it.address.split(":").at(-1)}`;
    const by = (name?: string) =>
      credentials.createSsl(
        readFileSync(at("ca.pem")),
        name === undefined ? null : readFileSync(at(`${name}.key`)),
        name === undefined ? null : readFileSync(at(`${name}.pem`)),
      );
    expect(await grpcCall(address, start, by())).toBe(16);
    expect(await grpcCall(address, start, by("stranger"))).toBe(16);
    expect(await grpcCall(address, start, by("core"))).toBe(0);
    expect(it.running.logged("call")).toMatchObject([{ peer: expect.stringMatching(/^core \(/) }]);
  });
});

describe("control/unix sockets", () => {
  test.each(["grpc", "connect"] as const)(
    "control/a-socket-has-its-mode-and-goes-with-the-server: %s",
    async (kind) => {
      using folder = mkdtempDisposableSync(join(tmpdir(), "playout-socket-"));
      const path = join(folder.path, "s");
      {
        await using _it = await served(kind, `unix:${path}`, defaultAccess, { unixMode: "0600" });
        expect(statSync(path).mode & 0o777).toBe(0o600);
      }
      expect(() => statSync(path)).toThrow(/ENOENT/);
    },
  );

  test("control/a-stale-socket-is-replaced-a-living-one-and-a-file-are-not", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-stale-"));
    const path = join(folder.path, "s");
    // What a killed program leaves: the name, and nobody behind it.
    execFileSync("python3", [
      "-c",
      "import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])",
      path,
    ]);
    expect(statSync(path).isSocket()).toBe(true);
    {
      await using _it = await served("grpc", `unix:${path}`);
    }
    const living = createServer();
    await new Promise<void>((resolve) => living.listen(path, resolve));
    await expect(served("grpc", `unix:${path}`)).rejects.toMatchObject({ code: "PortInUse" });
    expect(statSync(path).isSocket()).toBe(true);
    await new Promise((resolve) => living.close(resolve));
    writeFileSync(path, "precious");
    await expect(served("grpc", `unix:${path}`)).rejects.toMatchObject({ code: "InvalidConfig" });
    expect(readFileSync(path, "utf8")).toBe("precious");
  });
});
