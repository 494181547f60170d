import { once } from "node:events";
import { existsSync, mkdtempDisposableSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FrameReader, invariant, type Tick } from "@retrovue/core";
import { readCompactMark } from "@retrovue/core/testing";
import { ShmFrameBus } from "@retrovue/framebus-shm";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root, startedPlayout } from "./built-cli.js";
import { smallConfig } from "./running-engine.js";

const isBuilt = existsSync(`${root}packages/framebus-shm/build/Release/framebus_shm.node`);
const prefix = `test${process.pid}`;
const pattern = "test://pattern?duration=2s&size=16x16&mark=compact";

const config = (spares: number) =>
  smallConfig(`[{ id: 1, name: One, plan: "${pattern}", outputs: [] }]`)
    .replace("isolation: none, spareWorkers: 0", `isolation: process, spareWorkers: ${spares}`)
    .replace("use: manual", "use: system")
    .replace(
      'frameBus: { use: "@retrovue/engine/plugins/memory-bus" }',
      `frameBus: { use: "@retrovue/framebus-shm", options: { prefix: ${prefix} } }`,
    );

/** Processes that a process has begun and that still run. */
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);

function engineOf(text: string) {
  const folder = mkdtempDisposableSync(join(tmpdir(), "playout-workers-"));
  writeFileSync(join(folder.path, "playout.yaml"), text);
  const engine = startedPlayout([], { cwd: folder.path });
  const lines = () =>
    engine.text.out
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const logged = (message: string) => lines().filter((line) => line["message"] === message);
  return {
    ...engine,
    pid: engine.child.pid ?? 0,
    logged,
    untilLogged: (message: string) =>
      expect.poll(() => logged(message).length, { timeout: 20_000 }).toBeGreaterThan(0),
    [Symbol.dispose]: () => {
      engine[Symbol.dispose]();
      folder.remove();
    },
  };
}

/** Reads so many ticks one after another; none may be missing. */
async function read(reader: FrameReader, ticks: number) {
  const seen: { tick: Tick; frame: number | undefined; standIn: string | undefined }[] = [];
  while (seen.length < ticks) {
    const lease = await reader.next(new AbortController().signal);
    invariant(!lease.overrun, "the test's reader keeps up");
    const { standIn } = lease.meta;
    const mark = readCompactMark(lease.picture.planes[0] ?? new Uint8Array());
    seen.push({ tick: lease.tick, standIn, frame: standIn === undefined ? mark?.frame : undefined });
    lease.release();
  }
  expect(seen.map(({ tick }) => tick - (seen[0]?.tick ?? 0))).toEqual(seen.map((_, index) => index));
  return seen;
}

const objects = () => readdirSync("/dev/shm").filter((name) => name.startsWith(prefix));

describe.skipIf(process.platform !== "linux" || !isBuilt)(
  "worker processes (skipped where the shared-memory bus is not built)",
  () => {
    beforeAll(buildIfStale, 120_000);
    const bus = () => new ShmFrameBus({ prefix, directory: "/dev/shm" });
    const open = () =>
      bus().openReader({ engineId: "test-1", channelId: 1 }, { name: "test" }, new AbortController().signal);

    test("lesson/52-a-channel-airs-from-a-process-of-its-own-and-ends-clean", async () => {
      using engine = engineOf(config(0));
      await engine.untilLogged("buffering -> ready");
      // The process that looked the plan's asset up leaves when nobody asks any more.
      await expect.poll(() => childrenOf(engine.pid).length, { timeout: 20_000 }).toBe(1);
      const workers = childrenOf(engine.pid);
      // It stood ready before the first tick, so that nothing had to stand in for it.
      expect(engine.logged("a spare worker failed")).toEqual([]);
      {
        await using reader = await open();
        const seen = await read(reader, 75);
        const planned = seen.filter(({ standIn }) => standIn === undefined);
        const [first] = planned;
        expect(planned.length).toBeGreaterThan(60);
        for (const { tick, frame } of planned)
          expect(frame).toBe(((first?.frame ?? 0) + tick - (first?.tick ?? 0)) % 50);
      }
      engine.child.kill("SIGTERM");
      expect(await engine.ended).toMatchObject({ code: 0 });
      expect(engine.logged("engine stopped")).toMatchObject([{ failed: 0, unfinished: 0 }]);
      for (const pid of workers) expect(existsSync(`/proc/${pid}`)).toBe(false);
      expect(objects()).toEqual([]);
    });

    test("workers/channels-on-demand-have-no-process-before-anyone-watches", async () => {
      const channels = [1, 2, 3, 4].map(
        (id) => `{ id: ${id}, name: "C${id}", plan: "${pattern}", run: on-demand, outputs: [] }`,
      );
      const text = config(1).replace(/channels: \[.*\]/, `channels: [${channels.join(", ")}]`);
      expect(text).toContain("id: 4");
      using engine = engineOf(text);
      await engine.untilLogged("engine started");
      expect(childrenOf(engine.pid)).toHaveLength(1);
    });

    test("lesson/40-a-worker-that-dies-is-replaced-by-a-spare-and-no-tick-is-missing", async () => {
      using engine = engineOf(config(1));
      await engine.untilLogged("buffering -> ready");
      await expect.poll(() => childrenOf(engine.pid).length, { timeout: 20_000 }).toBe(2);
      await using reader = await open();
      const before = await read(reader, 10);
      // The first that was begun is on air: the other is the spare that took its place.
      const [onAir = 0] = childrenOf(engine.pid);
      process.kill(onAir, "SIGKILL");
      const after = await read(reader, 100);
      expect(engine.logged("worker replaced")).toMatchObject([{ channel: 1, cause: "SIGKILL", barred: [] }]);
      const planned = after.filter(({ standIn }) => standIn === undefined);
      // Back on the programme, at the right frame.
      const anchor = before.find(({ frame }) => frame !== undefined);
      expect(after.at(-1)?.standIn).toBeUndefined();
      for (const { tick, frame } of planned)
        expect(frame).toBe(((anchor?.frame ?? 0) + tick - (anchor?.tick ?? 0)) % 50);
      engine.child.kill("SIGTERM");
      expect((await engine.ended).code).toBe(0);
    });

    test("workers/leave-by-themselves-when-the-engine-is-killed", async () => {
      using engine = engineOf(config(1));
      await engine.untilLogged("buffering -> ready");
      await expect.poll(() => childrenOf(engine.pid).length, { timeout: 20_000 }).toBe(2);
      const workers = childrenOf(engine.pid);
      const exited = once(engine.child, "exit");
      engine.child.kill("SIGKILL");
      await exited;
      await expect
        .poll(() => workers.filter((pid) => existsSync(`/proc/${pid}`)), { timeout: 20_000 })
        .toEqual([]);
      // What a killed engine left is removed by the next one.
      using next = engineOf(config(0));
      await next.untilLogged("buffering -> ready");
      next.child.kill("SIGTERM");
      await next.ended;
      expect(objects()).toEqual([]);
    });

    test("workers/a-decoder-that-is-not-installed-ends-the-start-with-its-place", async () => {
      using engine = engineOf(config(0).replace("@retrovue/decoder-pattern", "nobody-made-this"));
      const { code, err } = await engine.ended;
      expect(code).toBe(78);
      expect(err).toContain("playout.yaml: decoders[0]: No package nobody-made-this");
    });
  },
);
