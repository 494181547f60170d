import { statSync } from "node:fs";
import { join } from "node:path";
import type { FrameReader } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { ShmFrameBus } from "../../src/index.js";
import { House, mountPoint, Program, whyNoNamespace } from "./programs.js";

const soon = () => AbortSignal.timeout(20_000);
const address = { engineId: "east", channelId: 7 };
const openReader = (house: House): Promise<FrameReader> =>
  new ShmFrameBus({ prefix: house.prefix }).openReader(address, { name: "watch" }, soon());
const stale = { code: "BusStale" };

test("bus/memory-is-exactly-as-computed-and-taken-at-once", async () => {
  using house = new House();
  const [engine, made] = await house.startEngine();
  await using _ends = engine;
  // Two lanes are counted: the worker's, whose name is gone by now, and one for the worker that replaces it.
  const lane = Number(made["laneBytes"]);
  expect(Number(made["objectBytes"]) + 2 * lane).toBe(made["memoryBytes"]);
  expect(Number((await engine.ask("lane"))["objectBytes"]) + lane).toBe(made["memoryBytes"]);
  for (const name of house.objects()) {
    const { size, blocks } = statSync(join("/dev/shm", name));
    expect(blocks * 512).toBe(size);
  }
});

test("bus/the-second-engine-of-an-id-is-refused-and-the-first-unharmed", async () => {
  using house = new House();
  const [first] = await house.startEngine();
  await using _ends = first;
  await using reader = await openReader(house);
  const objects = house.objects();
  const [second, answer] = await house.startEngine();
  await second.end();
  expect(answer).toMatchObject({ error: "AlreadyExists", message: expect.stringContaining(house.prefix) });
  expect(house.objects()).toEqual(objects);
  const { head, readers } = await first.ask("air 3");
  expect(reader.head()).toBe(head);
  expect(readers).toMatchObject([{ name: "watch", pid: process.pid }]);
  expect((await reader.next(soon())).overrun).toBe(false);
});

test("bus/a-killed-engine-is-told-and-its-next-start-begins-afresh", async () => {
  using house = new House();
  const [killed] = await house.startEngine();
  await using reader = await openReader(house);
  const { head } = await killed.ask("air 4");
  const waiting = expect(reader.at((Number(head) + 1) as never, soon())).rejects.toMatchObject(stale);
  await killed.kill();
  await waiting;
  expect(house.objects()).not.toEqual([]);
  const [next] = await house.startEngine();
  await using again = await openReader(house);
  await next.ask("air 1");
  expect((await again.next(soon())).overrun).toBe(false);
  await expect(reader.at((Number(head) + 1) as never, soon())).rejects.toMatchObject(stale);
  expect(house.objects()).toHaveLength(3);
  await next.end();
  expect(house.objects()).toEqual([]);
});

test("bus/an-engine-that-ends-leaves-nothing-and-tells-who-waits", async () => {
  using house = new House();
  const [engine] = await house.startEngine();
  await using reader = await openReader(house);
  const { head } = await engine.ask("gap 2");
  const waiting = expect(reader.at((Number(head) + 1) as never, soon())).rejects.toMatchObject(stale);
  await engine.end();
  await waiting;
  expect(house.objects()).toEqual([]);
});

test("bus/an-engine-that-is-stopped-is-stale-until-it-goes-on", async () => {
  using house = new House();
  const [engine] = await house.startEngine();
  await using _ends = engine;
  await using reader = await openReader(house);
  const { head } = await engine.ask("air 4");
  engine.signal("SIGSTOP");
  // Three heartbeats are missed; the lock alone would say that it lives.
  await expect(reader.at((Number(head) + 1) as never, soon())).rejects.toMatchObject(stale);
  engine.signal("SIGCONT");
  await using again = await openReader(house);
  await engine.ask("air 1");
  expect((await again.at((Number(head) + 1) as never, soon())).overrun).toBe(false);
});

const noPids = whyNoNamespace("--pid", "--fork", "--kill-child");
describe.skipIf(noPids !== undefined)(
  `process-id namespaces${noPids === undefined ? "" : ` (${noPids})`}`,
  () => {
    // As in a container: the program is process 1 of a world of its own.
    const contained = ["unshare", "--pid", "--fork", "--kill-child"];

    test("bus/process-ids-of-containers-mean-nothing", async () => {
      using house = new House();
      const [engine] = await house.startEngine("east", contained);
      await using reader = await openReader(house);
      const [other, seen] = await Program.start(["reader", house.controlOf()], contained);
      await using _ends = other;
      expect(seen).toMatchObject({ status: 0, pid: 1 });
      const { head, readers } = await engine.ask("air 2");
      expect(readers).toMatchObject([{ pid: process.pid }, { pid: 1, name: "reader-program" }]);
      expect(await other.ask(`wait ${head}`)).toMatchObject({ status: 0, head });
      // A second engine, process 1 as well, is refused for the lock's sake.
      const [second, answer] = await house.startEngine("east", contained);
      await second.end();
      expect(answer).toMatchObject({ error: "AlreadyExists" });
      const waiting = expect(reader.at((Number(head) + 1) as never, soon())).rejects.toMatchObject(stale);
      await engine.kill();
      await waiting;
      expect(await other.ask("check")).toMatchObject({ status: 5 });
      const [next, made] = await house.startEngine("east", contained);
      expect(made).toHaveProperty("path");
      await next.end();
      expect(house.objects()).toEqual([]);
    });
  },
);

const noMounts = whyNoNamespace("--mount");
describe.skipIf(noMounts !== undefined)(
  `mount namespaces${noMounts === undefined ? "" : ` (${noMounts})`}`,
  () => {
    /** Runs an engine in a shared-memory folder of this size; at its end says what is left there. */
    const inTmpfs = (path: string, size: string) => [
      "unshare",
      "--mount",
      "sh",
      "-c",
      `mount -t tmpfs -o size=${size} tmpfs ${path} && "$@"; printf '{"left":%d}\\n' "$(ls -A ${path} | wc -l)"`,
      "sh",
    ];

    test("bus/a-full-folder-is-an-error-that-names-the-size", async () => {
      using folder = mountPoint();
      const words = ["engine", folder.path, "full", "east"];
      const [program, answer] = await Program.start(words, inTmpfs(folder.path, "256k"));
      await using _ends = program;
      expect(answer["error"]).toBe("OutOfSharedMemory");
      expect(answer["message"]).toContain(`${answer["memoryBytes"]} bytes`);
      expect(answer["message"]).toContain(folder.path);
      expect(await program.answer()).toEqual({ left: 0 });
    });

    test("bus/workers-can-be-replaced-where-memory-is-exactly-as-computed", async () => {
      using folder = mountPoint();
      const words = ["engine", folder.path, "exact", "east"];
      const [small, refused] = await Program.start(words, inTmpfs(folder.path, "4k"));
      await small.end();
      const [engine, made] = await Program.start(words, inTmpfs(folder.path, String(refused["memoryBytes"])));
      await using _ends = engine;
      expect(made).toMatchObject({ memoryBytes: refused["memoryBytes"] });
      // The worker of the first lane still has it when the second is made; then it is dead, and no other lane is
      // ever taken up.
      expect(await engine.ask("lane")).toMatchObject({ failed: "" });
      for (let lane = 1; lane < 12; lane++) {
        await engine.ask(`retire ${lane}`);
        expect(await engine.ask("lane")).toMatchObject({ failed: "" });
      }
      for (let i = 0; i < 12; i++) expect(await engine.ask("lane")).toMatchObject({ failed: "" });
      const ended = engine.end();
      expect(await engine.answer()).toEqual({ left: 0 });
      await ended;
    });

    test("bus/a-folder-without-a-limit-is-not-taken-for-full", async () => {
      using folder = mountPoint();
      const words = ["engine", folder.path, "unlimited", "east"];
      const [program, answer] = await Program.start(words, inTmpfs(folder.path, "0"));
      await using _ends = program;
      expect(answer).toHaveProperty("path");
      const ended = program.end();
      expect(await program.answer()).toEqual({ left: 0 });
      await ended;
    });
  },
);
