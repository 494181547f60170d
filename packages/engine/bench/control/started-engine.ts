import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort } from "../../../../scripts/bench/free-port.ts";
import { nodeFlags } from "../../src/processes/node-flags.ts";

/** An engine in a process of its own. */
export interface StartedEngine {
  /** As `127.0.0.1:50051`. */
  readonly grpc: string;
  stop(): Promise<void>;
}

/**
 * Starts the built engine as it is shipped, so many channels playing small patterns: each by a worker in a process of its own, on a bus
 * in shared memory.
 */
export async function startedEngine(folder: string, channels: number): Promise<StartedEngine> {
  const grpc = `127.0.0.1:${await freePort()}`;
  const config = join(folder, "playout.yaml");
  const plan = "test://pattern?duration=60s&size=64x64&mark=compact";
  const list = Array.from(
    { length: channels },
    (_, n) => `  - { id: ${n + 1}, plan: "${plan}", outputs: [] }`,
  );
  writeFileSync(
    config,
    `
engine: { id: bench-control, dataDir: ./var }
media: { roots: [.] }
frameBus: { use: "@retrovue/framebus-shm", options: { prefix: bench${process.pid} } }
decoders: [{ use: "@retrovue/decoder-pattern" }]
conformer: { use: "@retrovue/engine/plugins/copy-conformer" }
transports: [{ use: "@retrovue/transport-grpc", options: { listen: ["${grpc}"] } }]
http: { control: { listen: "127.0.0.1:0" } }
telemetry: { metrics: { enabled: false }, log: { level: info } }
defaults: { format: { width: 64, height: 64, frameRate: 25 } }
channels:
${list.join("\n")}
`,
  );
  const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
  const child = spawn(process.execPath, [...nodeFlags, main, "--config", config], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface(child.stdout)) if (line.includes("control plane listens")) break;
  child.stdout.resume();
  return {
    grpc,
    stop: async () => {
      if (child.exitCode !== null) return;
      const exit = once(child, "exit");
      child.kill("SIGTERM");
      await exit;
    },
  };
}
