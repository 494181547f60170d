import { mkdtempDisposableSync, readFileSync } from "node:fs";
import { request } from "node:https";
import { connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { Client, credentials } from "@grpc/grpc-js";
import type { ControlAccess, HttpHost } from "@retrovue/core";
import { parseServerOptions } from "@retrovue/protocol/serving";
import { ConnectTransport } from "@retrovue/transport-connect";
import { describe, expect, test } from "vitest";
import { readConfigText } from "../../src/config/load.js";
import { controlAccess } from "../../src/control/access.js";
import { RunningEngine, smallConfig } from "../running-engine.js";
import { certify } from "./certify.js";

const noHost: HttpHost = { mount: () => ({ [Symbol.dispose]() {} }) };
const token = "0123456789abcdef0123";

/** Access as a configuration gives it. */
function accessOf(security: string): ControlAccess {
  const reading = readConfigText(`security: ${security}`, "/nowhere/playout.yaml", {
    environment: {},
    exists: () => true,
  });
  if (!reading.ok) throw new Error(reading.faults.map(({ found }) => found).join());
  return controlAccess(reading.config);
}

/** Whom a client trusts, and who it is. */
interface Identity {
  readonly ca: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Certificates of an authority, of a server and a scheduler by it, and of somebody whom it does not know. */
function certificates() {
  const folder = mkdtempDisposableSync(join(tmpdir(), "playout-tls-"));
  const at = (name: string) => join(folder.path, name);
  certify(at, "ca");
  certify(at, "server", "ca");
  certify(at, "core", "ca");
  certify(at, "stranger");
  const clientOf = (name?: "core" | "stranger"): Identity => ({
    ca: readFileSync(at("ca.pem")),
    ...(name && { cert: readFileSync(at(`${name}.pem`)), key: readFileSync(at(`${name}.key`)) }),
  });
  return { at, clientOf, [Symbol.dispose]: () => folder.remove() };
}

async function served(access: ControlAccess) {
  const running = new RunningEngine();
  const { control } = await running.start(smallConfig("[]"));
  const transport = new ConnectTransport({
    options: parseServerOptions({ listen: "https://0.0.0.0:0" }),
    access,
  });
  const [endpoint] = await transport.start(control, noHost, new AbortController().signal);
  return {
    port: Number(endpoint?.address.split(":").at(-1)),
    async [Symbol.asyncDispose]() {
      await transport.stop(AbortSignal.abort());
      await running[Symbol.asyncDispose]();
    },
  };
}

/** GetVersion by Connect over HTTP/1.1 and TLS: the HTTP status, or why there was no handshake. */
const overHttp1 = (port: number, identity: Identity, headers: Record<string, string> = {}) =>
  new Promise<number | string>((resolve) => {
    const path = "/retrovue.playout.PlayoutControl/GetVersion";
    const asked = request(
      { host: "localhost", port, path, method: "POST", agent: false, ...identity },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
      },
    );
    asked.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    for (const [name, value] of Object.entries({ "content-type": "application/json", ...headers }))
      asked.setHeader(name, value);
    asked.end("{}");
  });

/** GetVersion by gRPC over HTTP/2 and TLS: its status. */
const overGrpc = (port: number, { ca, cert, key }: Identity) =>
  new Promise<number>((resolve) => {
    const client = new Client(`localhost:${port}`, credentials.createSsl(ca, key ?? null, cert ?? null));
    client.makeUnaryRequest(
      "/retrovue.playout.PlayoutControl/GetVersion",
      (one: Buffer) => one,
      (one: Buffer) => one,
      Buffer.alloc(0),
      (error) => {
        client.close();
        resolve(error?.code ?? 0);
      },
    );
  });

describe("control/TLS on Connect", () => {
  test("control/a-client-certificate-opens-connect-and-grpc-over-tls", async () => {
    using them = certificates();
    const { at, clientOf } = them;
    const access = accessOf(
      `{ tls: { certFile: ${at("server.pem")}, keyFile: ${at("server.key")}, clientCaFile: ${at("ca.pem")} } }`,
    );
    await using it = await served(access);
    expect(await overHttp1(it.port, clientOf())).toBe(401);
    expect(await overHttp1(it.port, clientOf("stranger"))).toBe(401);
    expect(await overHttp1(it.port, clientOf("core"))).toBe(200);
    expect(await overGrpc(it.port, clientOf())).toBe(16);
    expect(await overGrpc(it.port, clientOf("stranger"))).toBe(16);
    expect(await overGrpc(it.port, clientOf("core"))).toBe(0);
  });

  test("control/tls-without-client-certificates-asks-for-the-token", async () => {
    using them = certificates();
    const { at, clientOf } = them;
    const tls = `tls: { certFile: ${at("server.pem")}, keyFile: ${at("server.key")} }`;
    await using it = await served(accessOf(`{ ${tls}, tokens: [{ name: core, token: ${token} }] }`));
    expect(await overHttp1(it.port, clientOf())).toBe(401);
    expect(await overHttp1(it.port, clientOf("core"))).toBe(401);
    expect(await overHttp1(it.port, clientOf(), { authorization: `Bearer ${token}` })).toBe(200);
    // Whoever does not know the authority does not speak to the server.
    expect(await overHttp1(it.port, { ca: readFileSync(at("stranger.pem")) })).toMatch(
      /UNABLE_TO_VERIFY|SELF_SIGNED/,
    );
  });

  test("control/what-is-no-tls-and-what-is-old-is-not-spoken-to", async () => {
    using them = certificates();
    const { at, clientOf } = them;
    const tls = `tls: { certFile: ${at("server.pem")}, keyFile: ${at("server.key")} }`;
    await using it = await served(accessOf(`{ ${tls}, tokens: [{ name: core, token: ${token} }] }`));
    const plain = await new Promise<string>((resolve) => {
      const socket = connectPlain(it.port, "127.0.0.1", () =>
        socket.write("POST / HTTP/1.1\r\nhost: a\r\n\r\n"),
      );
      let text = "";
      socket.on("data", (bytes) => {
        text += bytes.toString("latin1");
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve(text));
    });
    expect(plain).not.toContain("HTTP/1.1 200");
    const old = await new Promise<string>((resolve) => {
      const socket = connectTls(
        { port: it.port, host: "localhost", maxVersion: "TLSv1.1", minVersion: "TLSv1", ...clientOf() },
        () => resolve("spoken to"),
      );
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "refused"));
    });
    expect(old).not.toBe("spoken to");
    expect(await overHttp1(it.port, clientOf(), { authorization: `Bearer ${token}` })).toBe(200);
  });
});
