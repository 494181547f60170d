import { mkdtempDisposableSync } from "node:fs";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Transport as ConnectClientTransport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import type { Endpoint, HttpHost } from "@retrovue/core";
import { type TransportSubject, transportContract } from "@retrovue/plugin-contract";
import { defaultAccess, parseServerOptions } from "@retrovue/protocol/serving";
import { controlSamples } from "@retrovue/protocol/testing";
import * as vitest from "vitest";
import { ConnectTransport, InProcessTransport } from "../src/index.js";
import { ConnectTestClient } from "./connect-client.js";

/** An engine's server that nobody listens on: the transport's own listeners are looked at. */
const idleHost: HttpHost = { mount: () => ({ [Symbol.dispose]() {} }) };

const transportAt = (listen: string): ConnectTransport =>
  new ConnectTransport({ options: parseServerOptions({ listen }), access: defaultAccess });

async function subject(
  listen: string,
  clientOf: (address: string) => ConnectClientTransport,
  close: () => void = () => {},
): Promise<TransportSubject> {
  const transport = transportAt(listen);
  return {
    transport,
    host: idleHost,
    ...controlSamples,
    connect: async ([endpoint]) => new ConnectTestClient(clientOf(endpoint?.address ?? "")),
    rival: ([endpoint]: readonly Endpoint[]) => transportAt(endpoint?.address ?? listen),
    async [Symbol.asyncDispose]() {
      await transport.stop(AbortSignal.abort());
      close();
    },
  };
}

const http1 = "1.1" as const;
const kinds: readonly [string, string, (address: string) => ConnectClientTransport][] = [
  [
    "Connect, JSON",
    "http://127.0.0.1:0",
    (baseUrl) => createConnectTransport({ baseUrl, httpVersion: http1, useBinaryFormat: false }),
  ],
  [
    "Connect, binary",
    "http://127.0.0.1:0",
    (baseUrl) => createConnectTransport({ baseUrl, httpVersion: http1, useBinaryFormat: true }),
  ],
  ["gRPC-Web", "http://127.0.0.1:0", (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: http1 })],
  [
    "Connect over HTTP/2",
    "h2c://127.0.0.1:0",
    (address) => createConnectTransport({ baseUrl: address.replace("h2c", "http"), httpVersion: "2" }),
  ],
  [
    "gRPC over the Connect server",
    "h2c://127.0.0.1:0",
    (address) => createGrpcTransport({ baseUrl: address.replace("h2c", "http") }),
  ],
];

for (const [title, listen, clientOf] of kinds) {
  transportContract({ runner: vitest, open: () => subject(listen, clientOf), title });
}

transportContract({
  runner: vitest,
  open: () => {
    const folder = mkdtempDisposableSync(join(tmpdir(), "playout-connect-"));
    const path = join(folder.path, "s");
    const agent = new Agent({ keepAlive: true });
    const clientOf = () =>
      createConnectTransport({
        baseUrl: "http://localhost",
        httpVersion: http1,
        nodeOptions: { agent, socketPath: path },
      });
    return subject(`unix:${path}`, clientOf, () => {
      agent.destroy();
      folder.remove();
    });
  },
  title: "Connect over a Unix socket",
});

transportContract({
  runner: vitest,
  open: async () => {
    const transport = new InProcessTransport();
    return {
      transport,
      host: idleHost,
      ...controlSamples,
      connect: async () => new ConnectTestClient(transport.client),
      [Symbol.asyncDispose]: () => transport.stop(AbortSignal.abort()),
    };
  },
  title: "in-process",
});
