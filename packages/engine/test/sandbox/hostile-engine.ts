import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempDisposableSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launcherPath, type SandboxStep } from "@retrovue/sandbox";
import { expect } from "vitest";
import { startedPlayout } from "../built-cli.js";
import type { Prey } from "./hostile-attempts.js";

/** What this kernel can hold. */
export function measures(): ReadonlyMap<string, boolean> {
  const { stdout, status } = spawnSync(launcherPath, ["--probe", "--", process.execPath], {
    encoding: "utf8",
  });
  if (status !== 0) return new Map();
  return new Map((JSON.parse(stdout) as SandboxStep[]).map(({ name, isHeld }) => [name, isHeld]));
}

const plugin = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** A server that counts who connects. */
async function openServer() {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on("error", () => {}).destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    connections: () => connections,
    [Symbol.dispose]: () => void server.close(),
  };
}

export interface HostileOptions {
  /** The value of `engine.sandbox`. */
  readonly sandbox: string;
  /** The hostile decoder's `allow`. */
  readonly allow?: string;
  readonly prefix: string;
}

/** An engine whose decoder and renderer try everything, with a decoder behind it that plays. */
export async function hostileEngine({ sandbox, allow = "[]", prefix }: HostileOptions) {
  const folder = mkdtempDisposableSync(join(tmpdir(), "playout-hostile-"));
  const server = await openServer();
  mkdirSync(join(folder.path, "media"));
  mkdirSync(join(folder.path, "beside"));
  writeFileSync(join(folder.path, "beside", "secret"), "secret");
  const prey: Prey = {
    port: server.port,
    secretFile: join(folder.path, "beside", "secret"),
    newFile: join(folder.path, "beside", "new"),
    secretVariable: "PLAYOUT_TOKEN",
  };
  const options = JSON.stringify(prey);
  writeFileSync(
    join(folder.path, "playout.yaml"),
    `
engine: { id: hostile, dataDir: ./var, spareWorkers: 0, sandbox: ${sandbox.replaceAll("$FOLDER", folder.path)} }
media: { roots: [./media] }
frameBus: { use: "@retrovue/framebus-shm", options: { prefix: ${prefix} } }
decoders:
  - { use: ${JSON.stringify(plugin("./hostile-decoder.ts"))}, options: ${options}, allow: ${allow} }
  - { use: "@retrovue/decoder-pattern" }
conformer: { use: "@retrovue/engine/plugins/copy-conformer" }
renderer: { use: ${JSON.stringify(plugin("./hostile-renderer.ts"))}, options: ${options} }
transports: []
http: { control: { listen: "127.0.0.1:0" } }
telemetry: { metrics: { listen: "127.0.0.1:0" } }
defaults: { format: { width: 16, height: 16, frameRate: 25 } }
channels: [{ id: 1, name: One, plan: "test://pattern?duration=2s&size=16x16&mark=compact" }]
`,
  );
  const engine = startedPlayout([], { cwd: folder.path, environment: { PLAYOUT_TOKEN: "secret" } });
  const lines = () =>
    engine.text.out
      .split("\n")
      .filter((text) => text.startsWith("{"))
      .map((text) => JSON.parse(text) as Record<string, unknown>);
  const logged = (message: string) => lines().filter((line) => line["message"] === message);
  /** What came of the attempts of a plugin, once it has told. */
  const outcomesOf = async (name: string): Promise<Readonly<Record<string, string>>> => {
    const told = () => logged("attempts").find((line) => String(line["plugin"]).includes(name));
    await expect.poll(told, { timeout: 20_000 }).toBeDefined();
    return told()?.["outcomes"] as Readonly<Record<string, string>>;
  };
  return {
    ...engine,
    folder: folder.path,
    prey,
    logged,
    outcomesOf,
    connections: server.connections,
    [Symbol.dispose]: () => {
      engine[Symbol.dispose]();
      server[Symbol.dispose]();
      folder.remove();
    },
  };
}
