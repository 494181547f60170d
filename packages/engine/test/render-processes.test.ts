import { existsSync, mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root, startedPlayout } from "./built-cli.js";

const isBuilt = ["framebus-shm/build/Release/framebus_shm", "renderer/build/Release/renderer"].every(
  (addon) => existsSync(`${root}packages/${addon}.node`),
);
const prefix = `render${process.pid}`;

const config = `
engine: { id: view-1, spareWorkers: 0, dataDir: ./var }
media: { roots: [.] }
frameBus: { use: "@retrovue/framebus-shm", options: { prefix: ${prefix} } }
decoders: [{ use: "@retrovue/decoder-pattern" }]
conformer: { use: "@retrovue/engine/plugins/copy-conformer" }
transports: []
http: { control: { listen: "127.0.0.1:0" } }
telemetry: { metrics: { enabled: false } }
defaults: { format: { width: 320, height: 180, frameRate: 25 } }
channels:
  - { id: 1, name: One, plan: "test://bars", encode: { video: { bitrateKbps: 500, gopMs: 400, preset: ultrafast } } }
`;

/** What is done to a renderer, and the cause that its end is told with: one that is stopped lives, and gives nothing. */
const blows = [
  ["killed", "SIGKILL", "SIGKILL"],
  ["stopped", "SIGSTOP", "gave nothing"],
] as const;

/** Packets of 188 bytes as a viewer gets them, until it is told to leave. */
function viewer(url: string) {
  const pieces: Buffer[] = [];
  const asked = request(url, (response) => response.on("data", (piece: Buffer) => pieces.push(piece)));
  asked.on("error", () => {});
  asked.end();
  return {
    bytes: () => Buffer.concat(pieces),
    length: () => pieces.reduce((sum, { length }) => sum + length, 0),
    [Symbol.dispose]: () => void asked.destroy(),
  };
}

/** Elementary streams that begin with a random access point: their packet identifiers. */
function randomAccessPids(stream: Buffer): ReadonlySet<number> {
  const pids = new Set<number>();
  for (let at = 0; at + 188 <= stream.length; at += 188) {
    expect(stream[at], `packet ${at / 188}`).toBe(0x47);
    const pid = stream.readUInt16BE(at + 1) & 0x1fff;
    const hasAdaptation = ((stream[at + 3] ?? 0) & 0x20) !== 0 && (stream[at + 4] ?? 0) > 0;
    if (hasAdaptation && ((stream[at + 5] ?? 0) & 0x40) !== 0) pids.add(pid);
  }
  return pids;
}

/** Processes of an engine that run this module. */
const childrenOf = (pid: number, module: string): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean)
    .map(Number)
    .filter((child) => readFileSync(`/proc/${child}/cmdline`, "utf8").includes(module));

describe.skipIf(process.platform !== "linux" || !isBuilt)(
  "render processes (skipped where the bus or the renderer is not built)",
  () => {
    beforeAll(buildIfStale, 120_000);

    test.each(blows)(
      "render/one-that-is-%s-is-replaced-and-its-viewers-go-on",
      async (_, strike, cause) => {
        using folder = mkdtempDisposableSync(join(tmpdir(), "playout-render-"));
        writeFileSync(join(folder.path, "playout.yaml"), config);
        using engine = startedPlayout([], { cwd: folder.path });
        const pid = engine.child.pid ?? 0;
        const logged = (message: string) =>
          engine.text.out
            .split("\n")
            .filter(Boolean)
            .map((line) => JSON.parse(line) as Record<string, unknown>)
            .filter((line) => line["message"] === message);
        await expect.poll(() => logged("channel started").length, { timeout: 20_000 }).toBe(1);
        const url = `http://${String(logged("engine started")[0]?.["view"])}/channel/1.ts`;
        using watching = viewer(url);
        await expect.poll(() => watching.length(), { timeout: 20_000 }).toBeGreaterThan(188 * 200);
        const before = watching.length();
        const [render = 0] = childrenOf(pid, "render-main.js");
        process.kill(render, strike);
        await expect.poll(() => logged("renderer replaced").length, { timeout: 20_000 }).toBe(1);
        expect(logged("renderer replaced")).toMatchObject([
          { channel: 1, cause: expect.stringContaining(cause) },
        ]);
        await expect.poll(() => watching.length(), { timeout: 20_000 }).toBeGreaterThan(before + 188 * 200);
        // Whole packets throughout; the picture's stream has random access points.
        const stream = watching.bytes();
        expect(randomAccessPids(stream.subarray(0, stream.length - (stream.length % 188)))).toContain(0x100);
        // The channel never noticed.
        expect(logged("worker replaced")).toEqual([]);
        engine.child.kill("SIGTERM");
        expect((await engine.ended).code).toBe(0);
        expect(childrenExist([render])).toEqual([]);
      },
      60_000,
    );
  },
);

const childrenExist = (pids: readonly number[]): readonly number[] =>
  pids.filter((pid) => existsSync(`/proc/${pid}`));
