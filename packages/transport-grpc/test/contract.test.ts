import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Endpoint, type HttpHost, PlayoutError } from "@retrovue/core";
import { type TransportSubject, transportContract } from "@retrovue/plugin-contract";
import { defaultAccess, parseServerOptions } from "@retrovue/protocol/serving";
import { controlSamples } from "@retrovue/protocol/testing";
import * as vitest from "vitest";
import { GrpcTransport } from "../src/index.js";
import { GrpcTestClient } from "./grpc-client.js";

const noHost: HttpHost = {
  mount: () => {
    throw new PlayoutError("Unimplemented", "There is no HTTP server here.");
  },
};

const transportAt = (listen: string): GrpcTransport =>
  new GrpcTransport({ options: parseServerOptions({ listen }), access: defaultAccess });

async function subject(listen: string, close: () => void = () => {}): Promise<TransportSubject> {
  const transport = transportAt(listen);
  const clients: GrpcTestClient[] = [];
  return {
    transport,
    host: noHost,
    ...controlSamples,
    connect: async ([endpoint]) => {
      const client = new GrpcTestClient(endpoint?.address ?? "");
      clients.push(client);
      return client;
    },
    rival: ([endpoint]: readonly Endpoint[]) => transportAt(endpoint?.address ?? "127.0.0.1:0"),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client[Symbol.dispose]();
      await transport.stop(AbortSignal.abort());
      close();
    },
  };
}

transportContract({ runner: vitest, open: () => subject("127.0.0.1:0"), title: "gRPC over TCP" });

transportContract({
  runner: vitest,
  open: () => {
    const folder = mkdtempDisposableSync(join(tmpdir(), "playout-grpc-"));
    return subject(`unix:${join(folder.path, "s")}`, () => folder.remove());
  },
  title: "gRPC over a Unix socket",
});
