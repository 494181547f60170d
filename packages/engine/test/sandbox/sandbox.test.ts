import {
  existsSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ShmFrameBus } from "@retrovue/framebus-shm";
import { launcherPath } from "@retrovue/sandbox";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root, run, startedPlayout } from "../built-cli.js";
import { hostileEngine, measures } from "./hostile-engine.js";

const isBuilt =
  process.platform === "linux" &&
  existsSync(launcherPath) &&
  existsSync(`${root}packages/framebus-shm/build/Release/framebus_shm.node`);
const held = isBuilt ? measures() : new Map<string, boolean>();
const isWhole = held.get("seccomp") === true && held.get("landlock") === true;
const prefix = `sandbox${process.pid}`;

/** All of them refused, each by the measure that is there for it. */
const refused = {
  connect: "EPERM",
  program: "EPERM",
  programInThread: "EPERM",
  file: "EACCES",
  fileInPool: "EACCES",
  fileInThread: "EACCES",
  passwords: "EACCES",
  newFile: "EACCES",
  newSharedMemory: "EACCES",
  engineMemory: "EACCES",
  engineEnvironment: "EACCES",
  engineSignal: "EPERM",
  variable: "UNSET",
};
const done = Object.fromEntries(Object.keys(refused).map((name) => [name, "done"]));

async function standInsIn(channel: number, ticks: number): Promise<readonly (string | undefined)[]> {
  const signal = AbortSignal.timeout(20_000);
  const bus = new ShmFrameBus({ prefix, directory: "/dev/shm" });
  await using reader = await bus.openReader(
    { engineId: "hostile", channelId: channel },
    { name: "test" },
    signal,
  );
  const seen: (string | undefined)[] = [];
  while (seen.length < ticks) {
    const lease = await reader.next(signal);
    if (lease.overrun) throw new Error("The test's reader keeps up.");
    seen.push(lease.meta.standIn);
    lease.release();
  }
  return seen;
}

const statusOf = (pid: number) => readFileSync(`/proc/${pid}/status`, "utf8");
const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);

describe.skipIf(!isWhole)(
  "the sandbox (skipped where the kernel has no seccomp filters or no Landlock)",
  () => {
    beforeAll(buildIfStale, 120_000);

    test("sandbox/a-hostile-decoder-is-refused-everything-and-the-next-one-plays", async () => {
      using engine = await hostileEngine({ sandbox: "{ mode: required }", prefix });
      expect(await engine.outcomesOf("hostile-decoder")).toEqual(refused);
      await expect.poll(() => engine.logged("another decoder plays").length, { timeout: 20_000 }).not.toBe(0);
      expect(engine.logged("another decoder plays").slice(0, 1)).toMatchObject([
        {
          channel: 1,
          from: "hostile-decoder",
          to: "@retrovue/decoder-pattern",
          err: { code: "PermissionDenied" },
        },
      ]);
      await expect.poll(() => engine.logged("buffering -> ready").length, { timeout: 20_000 }).toBe(1);
      const seen = await standInsIn(1, 50);
      expect(seen.slice(25).filter((kind) => kind !== undefined)).toEqual([]);
      expect(engine.logged("worker replaced")).toEqual([]);
      expect(engine.connections()).toBe(0);
      expect(existsSync(engine.prey.newFile)).toBe(false);
      engine.child.kill("SIGTERM");
      expect((await engine.ended).code).toBe(0);
    });

    test("sandbox/a-hostile-renderer-is-refused-everything-and-goes-on", async () => {
      using engine = await hostileEngine({ sandbox: "{}", prefix });
      expect(await engine.outcomesOf("hostile-renderer")).toEqual(refused);
      const pid = engine.child.pid ?? 0;
      const confined = childrenOf(pid);
      expect(confined.length).toBeGreaterThanOrEqual(2);
      for (const child of confined) {
        expect(statusOf(child)).toMatch(/^NoNewPrivs:\t1$/m);
        expect(statusOf(child)).toMatch(/^Seccomp:\t2$/m);
      }
      // The engine itself keeps what it has.
      expect(statusOf(pid)).toMatch(/^Seccomp:\t0$/m);
      const metrics = String(engine.logged("engine started")[0]?.["metrics"]);
      expect(await (await fetch(`http://${metrics}/healthz`)).json()).toMatchObject({
        sandbox: { state: "on", held: { seccomp: "filter" }, missing: {} },
      });
      expect(engine.logged("renderer replaced")).toEqual([]);
      engine.child.kill("SIGTERM");
      expect((await engine.ended).code).toBe(0);
    });

    test("sandbox/what-is-granted-is-granted-and-nothing-more", async () => {
      using engine = await hostileEngine({
        sandbox: '{ read: ["$FOLDER/beside"], environment: [PLAYOUT_TOKEN] }',
        allow: "[network, programs]",
        prefix,
      });
      expect(await engine.outcomesOf("hostile-decoder")).toEqual({
        ...refused,
        connect: "done",
        program: "done",
        programInThread: "done",
        file: "done",
        fileInPool: "done",
        fileInThread: "done",
        variable: "done",
      });
      // It is the decoder that was granted something.
      expect(await engine.outcomesOf("hostile-renderer")).toMatchObject({
        connect: "EPERM",
        program: "EPERM",
      });
      expect(engine.connections()).toBeGreaterThan(0);
      engine.child.kill("SIGTERM");
      expect((await engine.ended).code).toBe(0);
    });

    test("sandbox/a-media-root-that-is-made-later-is-known-after-workers-were-renewed", async () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), "playout-later-"));
      writeFileSync(
        join(folder.path, "playout.yaml"),
        `
engine: { id: hostile, dataDir: ./var, spareWorkers: 1 }
media: { roots: [./later] }
frameBus: { use: "@retrovue/framebus-shm", options: { prefix: ${prefix} } }
decoders: [{ use: "@retrovue/decoder-pattern" }]
conformer: { use: "@retrovue/engine/plugins/copy-conformer" }
transports: []
http: { control: { listen: "127.0.0.1:0" } }
telemetry: { metrics: { enabled: false } }
defaults: { format: { width: 16, height: 16, frameRate: 25 } }
channels: [{ id: 1, name: One, plan: "test://pattern?duration=2s&size=16x16&mark=compact", outputs: [] }]
`,
      );
      using engine = startedPlayout([], { cwd: folder.path });
      const logged = (message: string) =>
        engine.text.out
          .split("\n")
          .filter((text) => text.includes(`"message":"${message}"`))
          .map((text) => JSON.parse(text) as Record<string, unknown>);
      await expect.poll(() => logged("buffering -> ready").length, { timeout: 20_000 }).toBe(1);
      const pid = engine.child.pid ?? 0;
      // The worker on air and the spare, both confined by now, so that neither knows the folder.
      const confined = () => childrenOf(pid).filter((child) => /^Seccomp:\t2$/m.test(statusOf(child)));
      await expect.poll(() => confined().length, { timeout: 20_000 }).toBe(2);
      const before = childrenOf(pid);
      mkdirSync(join(folder.path, "later"));
      const [seen] = await Promise.all([
        standInsIn(1, 250),
        expect.poll(() => logged("worker replaced").length, { timeout: 20_000 }).toBe(1),
      ]);
      expect(logged("a spare worker failed")).toMatchObject([{ err: { code: "Unavailable" } }]);
      // Held meanwhile, never slate: the one that took its place stood ready.
      expect(seen.filter((kind) => kind === "slate" || kind === "black")).toEqual([]);
      await expect.poll(() => childrenOf(pid).length, { timeout: 20_000 }).toBe(2);
      expect(childrenOf(pid).filter((child) => before.includes(child))).toEqual([]);
      engine.child.kill("SIGTERM");
      expect((await engine.ended).code).toBe(0);
      expect(readdirSync("/dev/shm").filter((name) => name.startsWith(prefix))).toEqual([]);
    });
  },
);

describe.skipIf(!isBuilt)("the sandbox's modes (skipped where the launcher is not built)", () => {
  beforeAll(buildIfStale, 120_000);

  test("sandbox/without-it-everything-can-be-done", async () => {
    using engine = await hostileEngine({ sandbox: "{ mode: off }", prefix });
    expect(await engine.outcomesOf("hostile-decoder")).toEqual(done);
    expect(engine.logged("processes that open media are not wholly confined")).toMatchObject([
      { level: "warn", sandbox: "off" },
    ]);
    engine.child.kill("SIGTERM");
    expect((await engine.ended).code).toBe(0);
    for (const name of readdirSync("/dev/shm").filter((one) => one.includes("playout-hostile"))) {
      await run("rm", [`/dev/shm/${name}`]);
    }
  });

  test.skipIf(!isWhole)("sandbox/what-is-required-and-cannot-be-had-ends-the-start", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-required-"));
    const file = join(folder.path, "playout.yaml");
    writeFileSync(
      file,
      `
engine: { id: hostile, dataDir: ./var, sandbox: { mode: required } }
decoders: [{ use: "@retrovue/decoder-pattern" }]
frameBus: { use: "@retrovue/framebus-shm", options: { prefix: ${prefix} } }
transports: []
http: { control: { listen: "127.0.0.1:0" } }
telemetry: { metrics: { enabled: false } }
`,
    );
    // Confined itself to reading, the engine's processes cannot change the order in which they die.
    const node = `${root}node_modules/node-runtime/bin/node`;
    const outer = ["--run", "/", "--network", "--programs", "--write", "/dev/shm", "--make", folder.path];
    const { code, err } = await run(launcherPath, [
      ...outer,
      "--",
      node,
      `${root}packages/engine/dist/cli/main.js`,
      "--config",
      file,
    ]);
    expect(err).toContain("engine.sandbox.mode is required, but not all of it can be had (memoryOrder: ");
    expect(code).toBe(78);
  });
});
