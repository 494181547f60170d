import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, Server, ServerCredentials } from "@grpc/grpc-js";
import { connect, type PlayoutClient } from "@retrovue/client";
import { ApiVersionRequestSchema, ApiVersionSchema } from "@retrovue/protocol";
import type { Bench } from "../../../scripts/bench/bench.ts";
import { type StartedEngine, startedEngine } from "./control/started-engine.ts";

export const part = "control";

/** Calls of one measurement: enough for a 99th percentile that is not one call's luck. */
const calls = 400;
const playing = 10;

let folder: string | undefined;
let engine: StartedEngine | undefined;
let client: PlayoutClient | undefined;
let benchesLeft = 2;

async function ours(): Promise<PlayoutClient> {
  folder ??= mkdtempSync(join(tmpdir(), "playout-bench-"));
  engine ??= await startedEngine(folder, playing);
  client ??= connect(`grpc://${engine.grpc}`);
  return client;
}

/** 99th percentile of what one call takes, in ms, one call after another. */
async function p99(call: (n: number) => Promise<unknown>): Promise<number> {
  for (let n = 0; n < 20; n++) await call(n);
  const taken: number[] = [];
  for (let n = 0; n < calls; n++) {
    const begun = performance.now();
    await call(n);
    taken.push(performance.now() - begun);
  }
  taken.sort((a, b) => a - b);
  return taken[Math.floor(taken.length * 0.99)] ?? Number.NaN;
}

/** A server of the same gRPC library in this process that does nothing but answer: what any call costs at least. */
async function bareP99(): Promise<number> {
  const server = new Server();
  const answer = Buffer.from(toBinary(ApiVersionSchema, create(ApiVersionSchema, { version: "1.1.0" })));
  const asItIs = (bytes: Buffer) => bytes;
  const path = "/retrovue.playout.PlayoutControl/GetVersion";
  const method = {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  };
  server.addService(
    { getVersion: method },
    { getVersion: (_: unknown, reply: (e: null, m: Buffer) => void) => reply(null, answer) },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const bare = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const request = Buffer.from(toBinary(ApiVersionRequestSchema, create(ApiVersionRequestSchema)));
  try {
    return await p99(
      () =>
        new Promise((resolve, reject) => {
          bare.makeUnaryRequest(
            path,
            asItIs,
            (bytes: Buffer) => fromBinary(ApiVersionSchema, bytes),
            request,
            (error, version) => (error ? reject(error) : resolve(version)),
          );
        }),
    );
  } finally {
    bare.close();
    server.forceShutdown();
  }
}

async function close(): Promise<void> {
  benchesLeft -= 1;
  if (benchesLeft > 0) return;
  client?.close();
  await engine?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

const asset = (id: number) => `test://pattern?duration=60s&size=64x64&mark=compact&id=${id}`;

export const benches: readonly Bench[] = [
  {
    bench: "rpc-status-p99",
    unit: "ms",
    peerName: "a bare grpc-js server",
    lowerIsBetter: true,
    target: "10 ms",
    pairs: 5,
    ours: async () => {
      const { status } = await ours();
      return await p99((n) => status.getChannel({ channelId: (n % playing) + 1 }));
    },
    peer: bareP99,
    close,
  },
  {
    bench: "rpc-plan-p99",
    unit: "ms",
    peerName: "a bare grpc-js server",
    lowerIsBetter: true,
    target: "50 ms",
    pairs: 3,
    ours: async () => {
      const { plans } = await ours();
      return await p99((n) =>
        plans.applyPlan({
          channelId: (n % playing) + 1,
          plan: { segments: [{ uri: asset((n % 200) + 1), duration: { seconds: 60n, nanos: 0 } }] },
        }),
      );
    },
    peer: bareP99,
    close,
  },
];
