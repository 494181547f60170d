import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempDisposableSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, startedPlayout } from "./built-cli.js";
import { EngineProcess } from "./control/engine-process.js";
import { smallConfig } from "./running-engine.js";

const pattern = "test://pattern?duration=1s&size=16x16";
const first = `{ id: 1, plan: "${pattern}", outputs: [] }`;
const deadMount = fileURLToPath(new URL("./dead-mount.mjs", import.meta.url));

/** A folder with a share in it whose server is gone, and an engine that is told of both. */
function house() {
  const folder = mkdtempDisposableSync(join(tmpdir(), "playout-ends-"));
  const at = (...names: string[]) => join(realpathSync(folder.path), ...names);
  mkdirSync(at("dead"));
  execFileSync("mkfifo", [at("pipe"), at("pipe.yaml")]);
  const write = (channels: string) =>
    writeFileSync(
      at("playout.yaml"),
      smallConfig(`[${channels}]`)
        .replace("use: manual", "use: system")
        .replace("roots: [.]", "roots: [., ./dead]"),
    );
  /** @param calls those that find the share dead. Default: all */
  const start = (channels: string, calls?: string, args: readonly string[] = []) => {
    write(channels);
    const engine = startedPlayout(args, {
      cwd: at(),
      environment: {
        NODE_OPTIONS: `--import=${deadMount}`,
        DEAD_MOUNT: at("dead"),
        DEAD_PIPE: at("pipe"),
        ...(calls !== undefined && { DEAD_CALLS: calls }),
      },
    });
    const lines = () =>
      engine.text.out
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const logged = (message: string) => lines().filter((line) => line["message"] === message);
    const untilLogged = async (message: string) => {
      await expect.poll(() => logged(message), { timeout: 25_000 }).not.toEqual([]);
      return logged(message);
    };
    return { ...engine, exited: once(engine.child, "exit"), logged, untilLogged };
  };
  return { write, start, [Symbol.dispose]: () => folder.remove() };
}

describe("an engine whose files do not answer", () => {
  beforeAll(buildIfStale, 120_000);

  test("run/a-plan-that-is-a-pipe-costs-its-channel-alone", async () => {
    using there = house();
    using engine = there.start(`${first}, { id: 2, plan: ./pipe.yaml, outputs: [] }`, "none");
    expect(await engine.untilLogged("channel not started")).toMatchObject([
      { channel: 2, err: { code: "UnknownPlan" } },
    ]);
    await engine.untilLogged("buffering -> ready");
    const [{ control } = {}] = engine.logged("engine started");
    await expect.poll(async () => (await fetch(`http://${control}/readyz`)).status).toBe(200);
    engine.child.kill("SIGTERM");
    expect((await engine.ended).code).toBe(0);
  });

  test("lesson/52-a-dead-share-costs-its-channel-alone-and-whoever-stops-or-reloads-is-heard", async () => {
    using there = house();
    using engine = there.start(`${first}, { id: 2, plan: ./dead/plan.yaml, outputs: [] }`);
    expect(await engine.untilLogged("channel not started")).toMatchObject([
      { channel: 2, err: { code: "Timeout", what: expect.stringContaining("dead/plan.yaml") } },
    ]);
    await engine.untilLogged("buffering -> ready");
    const [{ control } = {}] = engine.logged("engine started");
    await expect.poll(async () => (await fetch(`http://${control}/readyz`)).status).toBe(200);
    there.write(`${first}, { id: 3, plan: "${pattern}&id=3", outputs: [] }`);
    engine.child.kill("SIGHUP");
    expect(await engine.untilLogged("configuration reloaded")).toMatchObject([{ added: [3], removed: [2] }]);
    engine.child.kill("SIGTERM");
    // A thread is held by the share: in its end the process cannot wait for that.
    expect(await engine.exited).toEqual([null, "SIGTERM"]);
    expect(engine.logged("engine stopped")).toMatchObject([{ failed: 0, unfinished: 0 }]);
  }, 60_000);

  test("lesson/52-a-configuration-that-does-not-answer-ends-the-process", async () => {
    using there = house();
    using engine = there.start(first, undefined, ["--config", "dead/playout.yaml"]);
    // A thread is held by the share: the process cannot wait for that.
    expect(await engine.exited).toEqual([null, "SIGKILL"]);
    expect((await engine.ended).err).toContain("dead/playout.yaml gives no answer");
  }, 60_000);

  test("lesson/52-whoever-is-asked-to-stop-while-it-starts-stops", async () => {
    using there = house();
    using engine = there.start(`${first}, { id: 2, plan: ./dead/plan.yaml, outputs: [] }`, "open");
    await engine.untilLogged("channel started");
    engine.child.kill("SIGTERM");
    expect(await engine.exited).toEqual([null, "SIGTERM"]);
    expect(engine.logged("asked to stop")).toHaveLength(1);
    expect(engine.logged("engine stopped while it started")).toMatchObject([{ unfinished: 0 }]);
    expect(engine.logged("control plane listens")).toEqual([]);
  }, 60_000);
});

const canBeFirst = spawnSync("unshare", ["--pid", "--fork", "true"]).status === 0;

describe("the first process of a container", () => {
  beforeAll(buildIfStale, 120_000);

  test.skipIf(!canBeFirst)(
    "run/it-leaves-a-share-that-does-not-answer-though-no-signal-of-its-own-ends-it (skipped where it may not be made)",
    () => {
      using folder = mkdtempDisposableSync(join(tmpdir(), "playout-first-"));
      const pipe = join(folder.path, "pipe");
      execFileSync("mkfifo", [pipe]);
      const of = (module: string) => JSON.stringify(new URL(`../dist/${module}.js`, import.meta.url).href);
      const program = `
        import { open } from "node:fs/promises";
        import { NodeHostTime } from ${of("clock/node-host-time")};
        import { leaveProcess } from ${of("cli/leave-process")};
        void open(${JSON.stringify(pipe)}, "r");
        console.log(process.pid);
        await leaveProcess(0, new NodeHostTime().timer);
      `;
      const first = [process.execPath, "--input-type=module", "-e", program];
      const left = spawnSync("unshare", ["--pid", "--fork", "--kill-child", ...first], {
        encoding: "utf8",
        timeout: 20_000,
      });
      expect(left.stdout).toBe("1\n");
      // Else it would have hung until it was killed.
      expect(left.error).toBeUndefined();
      expect(left.signal ?? left.status).not.toBe(0);
    },
  );
});

describe.skipIf(process.platform !== "linux")("an engine whose processes do not leave", () => {
  beforeAll(buildIfStale, 120_000);

  test("lesson/52-a-worker-that-hangs-while-it-closes-is-killed-in-time-whatever-a-decoder-may-take", async () => {
    await using engine = new EngineProcess().configure(
      `[{ id: 1, plan: "${pattern}", stallTimeoutMs: 6000 }, { id: 2, plan: "${pattern}&id=2", stallTimeoutMs: 6000 }]`,
    );
    await engine.start();
    await expect.poll(() => engine.logged("buffering -> ready").length, { timeout: 20_000 }).toBe(2);
    const stopped = await engine.workers();
    // The spare as well.
    for (const pid of stopped) process.kill(pid, "SIGSTOP");
    expect(stopped.length).toBeGreaterThanOrEqual(3);
    expect(await engine.end()).toBe(0);
    expect(engine.logged("engine stopped")).toMatchObject([{ failed: 0, unfinished: 0 }]);
    for (const pid of stopped) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  }, 60_000);
});
