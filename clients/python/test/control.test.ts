// Drives an engine with the Python control client: stubs are made by protoc, the engine is the built program as it is shipped, workers in
// processes of their own and the bus in shared memory.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempDisposableSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root } from "../../../packages/engine/test/built-cli.js";

const python =
  spawnSync("/usr/bin/python3", ["-c", "import grpc, google.protobuf"]).status === 0
    ? "/usr/bin/python3"
    : "python3";
const folder = mkdtempDisposableSync(join(tmpdir(), "playout-python-"));
const stubs = join(folder.path, "stubs");
const asset = "test://pattern?duration=60s&size=16x16&mark=compact";
const timeoutMs = 120_000;
const isBuilt = existsSync(`${root}packages/framebus-shm/build/Release/framebus_shm.node`);

const configOf = (port: number, clock: string) => `
engine: { id: python-${port}, dataDir: ./var-${port}${isBuilt ? "" : ", isolation: none, spareWorkers: 0"} }
clock: { use: ${clock} }
media: { roots: [.] }
frameBus: ${isBuilt ? `{ use: "@retrovue/framebus-shm", options: { prefix: py${process.pid} } }` : `{ use: "@retrovue/engine/plugins/memory-bus" }`}
decoders: [{ use: "@retrovue/decoder-pattern" }]
conformer: { use: "@retrovue/engine/plugins/copy-conformer" }
transports: [{ use: "@retrovue/transport-grpc", options: { listen: ["127.0.0.1:${port}"] } }]
http: { control: { listen: "127.0.0.1:0" } }
telemetry: { metrics: { enabled: false } }
defaults: { format: { width: 16, height: 16, frameRate: 25 } }
channels:
  - { id: 1, plan: "${asset}", outputs: [] }
  - { id: 2, autostart: false, outputs: [] }
`;

/** A running engine of our own. */
async function started(port: number, clock = "system"): Promise<ChildProcess> {
  const config = join(folder.path, `playout-${port}.yaml`);
  writeFileSync(config, configOf(port, clock));
  const args = [`${root}packages/engine/dist/cli/main.js`, "--config", config];
  const child = spawn(`${root}node_modules/node-runtime/bin/node`, args, {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface(child.stdout)) if (line.includes("control plane listens")) break;
  child.stdout.resume();
  return child;
}

async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill(signal);
  await exit;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function flowing(name: string, port: number): ChildProcess {
  const script = join(import.meta.dirname, "..", "tests", "control_flow.py");
  return spawn(python, [script, stubs, `127.0.0.1:${port}`, name], { stdio: ["pipe", "pipe", "pipe"] });
}

async function flow(name: string, port: number): Promise<void> {
  const { text, code } = await outcomeOf(flowing(name, port));
  expect({ code, text }).toEqual({ code: 0, text: "done\n" });
}

async function outcomeOf(child: ChildProcess) {
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  const [code] = (await once(child, "close")) as [number | null];
  return { text, code };
}

let engine: ChildProcess | undefined;
let port: number;

beforeAll(async () => {
  buildIfStale();
  const generate = `import sys; sys.path.insert(0, sys.argv[1]); import retrovue_control as r; r.generate(sys.argv[2], sys.argv[3])`;
  const made = spawnSync(
    python,
    ["-c", generate, join(import.meta.dirname, "..", "src"), join(root, "proto", "baseline.binpb"), stubs],
    {
      encoding: "utf8",
    },
  );
  expect(made.stderr).toBe("");
  port = await freePort();
  engine = await started(port);
}, timeoutMs);

afterAll(async () => {
  await ended(engine, "SIGTERM");
  folder.remove();
}, timeoutMs);

describe("python/control client", () => {
  test("python/the-classic-three-calls", () => flow("classic", port), timeoutMs);
  test("python/plans-checked-applied-and-read-back", () => flow("plans", port), timeoutMs);
  test("python/preview-and-switch-at-a-boundary", () => flow("switch", port), timeoutMs);
  test(
    "python/a-watch-that-breaks-goes-on-after-the-last-heartbeat",
    () => flow("heartbeats", port),
    timeoutMs,
  );

  test("python/a-call-that-was-cut-off-is-not-made-again", () => flow("cut_off", port), timeoutMs);

  test(
    "python/a-scheduler-that-dies-and-comes-back-goes-on",
    async () => {
      const dying = flowing("survivor", port);
      const died = outcomeOf(dying);
      for await (const line of createInterface(dying.stdout as NodeJS.ReadableStream))
        if (line === "ready") break;
      dying.kill("SIGKILL");
      await died;
      await flow("returns", port);
    },
    timeoutMs,
  );

  test(
    "python/a-scheduler-outlives-its-engine-and-reads-the-plan-back",
    async () => {
      await flow("plans", port).catch(() => {});
      await ended(engine, "SIGKILL");
      engine = await started(port);
      await flow("returns", port);
    },
    timeoutMs,
  );

  test(
    "python/leads-a-clock-that-follows-a-master",
    async () => {
      const other = await freePort();
      const led = await started(other, "master");
      try {
        await flow("master", other);
      } finally {
        await ended(led, "SIGTERM");
      }
    },
    timeoutMs,
  );
});
