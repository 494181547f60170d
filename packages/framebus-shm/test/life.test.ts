import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import {
  defaultProgramFormat,
  HouseGrid,
  type Nanoseconds,
  PlayoutError,
  type Tick,
  tickAfter,
} from "@retrovue/core";
import { metaOf } from "@retrovue/core/testing";
import { afterEach, expect, test } from "vitest";
import { ShmFrameBus } from "../src/index.js";
import type { NativeAddon } from "../src/native.js";

const addonPath = fileURLToPath(new URL("../build/Release/framebus_shm.node", import.meta.url));
const endless = () => new AbortController().signal;
let tests = 0;

/** A prefix of each test's own. */
const prefixOf = () => `rvlife-${process.pid}-${++tests}`;
const objectsOf = (prefix: string) => readdirSync("/dev/shm").filter((name) => name.startsWith(`${prefix}.`));

const spec = {
  engineId: "east",
  channelId: 7,
  format: { ...defaultProgramFormat, width: 34, height: 18 },
  leadTicks: 8,
  historyTicks: 6,
  mapping: {
    sequence: 1,
    monoAnchor: 0n as Nanoseconds,
    houseAnchor: 1_800_000_000_000_000_000n as Nanoseconds,
    ratePpb: -1_000_000_000,
  },
};

/** Opens everything there is on a bus of its own, waits for what never comes, and calls `opened`. */
const openEverything = (prefix: string, opened: string) => `
  const addon = require(${JSON.stringify(addonPath)});
  const place = { directory: "/dev/shm", prefix: ${JSON.stringify(prefix)} };
  const spec = { engineId: "east", channelId: 7, width: 34, height: 18, rateNum: 30000, rateDen: 1001, pixelFormat: 1,
    sarNum: 1, sarDen: 1, colourPrimaries: 1, colourTransfer: 1, colourMatrix: 1, colourRange: 1, aspectPolicy: 0,
    sampleRate: 48000, channels: 2, leadTicks: 8, historyTicks: 6, directReferences: 0, guardNs: 0n,
    mapping: { sequence: 1, monoAnchor: 0n, houseAnchor: 1800000000000000000n, ratePpb: -1000000000 } };
  const path = "/dev/shm/" + place.prefix + ".east.ch7";
  (async () => {
    const committer = await addon.createCommitter(spec, place, undefined, () => {});
    const { lane, path: lanePath } = committer.openLane();
    const writer = await addon.openWriter(path, lanePath, lane, () => {});
    const reader = await addon.openReader(path, "life", () => {});
    globalThis.kept = { committer, writer, reader, views: new Uint8Array(writer.pictures()) };
    reader.wait(1e15);
    writer.wantBuffer(true);
    ${opened}
  })();
`;

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  // What a test that failed leaves: none of these objects has an owner any more.
  for (const name of readdirSync("/dev/shm"))
    if (name.startsWith(`rvlife-${process.pid}-`)) rmSync(join("/dev/shm", name), { force: true });
});

function runNode(code: string): ChildProcess {
  const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return child;
}

test("life/process-that-exits-in-mid-wait-leaves-nothing", async () => {
  const prefix = prefixOf();
  const child = runNode(openEverything(prefix, "process.exit(17);"));
  expect(await once(child, "exit")).toEqual([17, null]);
  expect(objectsOf(prefix)).toEqual([]);
});

test("life/what-a-killed-process-left-goes-at-the-next-start", async () => {
  const prefix = prefixOf();
  const child = runNode(openEverything(prefix, 'process.stdout.write("open");'));
  await once(child.stdout as NodeJS.ReadableStream, "data");
  expect(objectsOf(prefix).length).toBe(3);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(objectsOf(prefix).length).toBe(3);
  await using committer = await new ShmFrameBus({ prefix }).create({ ...spec, engineId: "west" }, endless());
  expect(objectsOf(prefix).every((name) => name.startsWith(`${prefix}.west.`))).toBe(true);
  expect(committer.head()).toBe(-1);
});

test("life/worker-thread-that-is-terminated-leaves-nothing", async () => {
  const prefix = prefixOf();
  const worker = new Worker(
    openEverything(prefix, 'require("node:worker_threads").parentPort.postMessage(1);'),
    {
      eval: true,
    },
  );
  await once(worker, "message");
  expect(objectsOf(prefix).length).toBe(3);
  await worker.terminate();
  expect(objectsOf(prefix)).toEqual([]);
});

test("life/worker-thread-that-is-terminated-in-mid-call-takes-nobody-along", async () => {
  const prefix = prefixOf();
  const busy = openEverything(
    prefix,
    `require("node:worker_threads").parentPort.postMessage(1);
    for (;;) {
      try { addon.memoryBytes({}); } catch {}
      addon.memoryBytes(spec);
      committer.counters(); committer.readers(); committer.header(); committer.nextEvent();
      reader.header(); reader.head(); reader.oldest(); reader.mapping();
      writer.header(); writer.head(); writer.nextRefusal(); writer.loan();
    }`,
  );
  // In a process of its own: what an addon does wrong here ends the process.
  const child = runNode(`
    const { Worker } = require("node:worker_threads");
    (async () => {
      for (let i = 0; i < 25; i++) {
        const worker = new Worker(${JSON.stringify(busy)}, { eval: true });
        await new Promise((resolve, reject) => { worker.once("message", resolve); worker.once("error", reject); });
        await worker.terminate();
      }
    })();`);
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(objectsOf(prefix)).toEqual([]);
});

test("life/worker-thread-that-ends-while-its-arguments-are-read-takes-nobody-along", async () => {
  const prefix = prefixOf();
  const ending = [
    "addon.memoryBytes({ ...spec, get width() { process.exit(7); } })",
    "committer.expect([{ get firstTick() { process.exit(7); } }])",
    "committer.expect(Object.defineProperty([{}], 0, { get: () => process.exit(7) }))",
    "addon.openReader({ toString: () => process.exit(7) }, 'life', () => {})",
  ];
  // In a process of its own: what an addon does wrong here ends the process.
  const child = runNode(`
    const { Worker } = require("node:worker_threads");
    (async () => {
      for (const code of ${JSON.stringify(ending.map((end) => openEverything(prefix, end)))}) {
        const worker = new Worker(code, { eval: true });
        const status = await new Promise((resolve, reject) => { worker.once("exit", resolve); worker.once("error", reject); });
        if (status !== 7) throw new Error("status " + status + " of " + code.slice(-120));
      }
    })();`);
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(objectsOf(prefix)).toEqual([]);
});

test("life/two-copies-of-the-addon-live-side-by-side", async () => {
  const prefix = prefixOf();
  const folder = mkdtempSync(join(tmpdir(), "rvlife-"));
  try {
    const copy = join(folder, "copy.node");
    copyFileSync(addonPath, copy);
    const other = createRequire(import.meta.url)(copy) as NativeAddon;
    await using committer = await new ShmFrameBus({ prefix }).create(spec, endless());
    const reader = await other.openReader(`/dev/shm/${prefix}.east.ch7`, "copy", () => {});
    expect(committer.readers().map((entry) => entry.name)).toEqual(["copy"]);
    reader.close();
    expect(committer.readers()).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("life/views-are-empty-once-their-owner-is-closed", async () => {
  const bus = new ShmFrameBus({ prefix: prefixOf() });
  await using committer = await bus.create(spec, endless());
  const slate = committer.reserved("slate");
  expect(slate.planes[0]?.length).toBeGreaterThan(0);
  const writer = await bus.openWriter(committer.openLane(), endless());
  const picture = await writer.loan(endless());
  expect(picture.planes[0]?.length).toBeGreaterThan(0);
  await writer[Symbol.asyncDispose]();
  expect(picture.planes[0]?.length).toBe(0);
  picture.release();
  await committer[Symbol.asyncDispose]();
  expect(slate.planes[0]?.length).toBe(0);
});

test("lesson/50-a-lapped-reader-resyncs-and-a-replaced-bus-is-reopened", async () => {
  const bus = new ShmFrameBus({ prefix: prefixOf() });
  const grid = new HouseGrid(spec.format.frameRate, spec.format.sampleRate);
  const first = tickAfter(grid.tickAtOrBefore(spec.mapping.houseAnchor), 4);
  const committer = await bus.create(spec, endless());
  committer.start(first);
  const reader = await bus.openReader(spec, {}, endless());
  // Stand-ins, one for each tick: several laps.
  committer.setMapping({ ...spec.mapping, sequence: 2, houseAnchor: grid.tickTime(tickAfter(first, 100)) });
  const told = await reader.at(first, endless());
  expect(told.overrun).toBe(true);
  const resynced = await reader.next(endless());
  expect(resynced.overrun).toBe(false);
  expect(resynced.tick).toBe(told.overrun && told.oldest);

  await committer[Symbol.asyncDispose]();
  await using next = await bus.create(spec, endless());
  next.start(first);
  const stale = await reader.next(endless()).catch((error: unknown) => error);
  expect(PlayoutError.is(stale, "BusStale")).toBe(true);
  await reader[Symbol.asyncDispose]();
  await using reopened = await bus.openReader(spec, {}, endless());
  next.setMapping({ ...spec.mapping, sequence: 2, houseAnchor: grid.tickTime(first) });
  expect((await reopened.at(first, endless())).overrun).toBe(false);
});

test("life/reader-closed-in-mid-wait-rejects-it", async () => {
  const bus = new ShmFrameBus({ prefix: prefixOf() });
  await using _committer = await bus.create(spec, endless());
  const reader = await bus.openReader(spec, {}, endless());
  const waiting = reader.next(endless()).catch((error: unknown) => error);
  await reader[Symbol.asyncDispose]();
  expect(PlayoutError.is(await waiting, "Closed")).toBe(true);
});

test("life/readers-table-is-there-before-the-bus-and-tells-who-looked-for-it", async () => {
  const bus = new ShmFrameBus({ prefix: prefixOf() });
  using table = bus.showReaders(spec);
  expect(table.isWanted(60_000)).toBe(false);
  const looking = await bus.openReader(spec, {}, endless()).catch((error: unknown) => error);
  expect(PlayoutError.is(looking, "BusNotFound")).toBe(true);
  expect(table.isWanted(60_000)).toBe(true);
  await using committer = await bus.create(spec, endless());
  await using reader = await bus.openReader(spec, { name: "early" }, endless());
  expect(reader.head()).toBe(-1);
  expect(table.readers().map((entry) => entry.name)).toEqual(["early"]);
  expect(committer.readers()).toEqual(table.readers());
});

test("life/readers-of-a-living-engine-stay-with-it", async () => {
  const prefix = prefixOf();
  const first = new ShmFrameBus({ prefix });
  using table = first.showReaders(spec);
  await using committer = await first.create(spec, endless());
  await using _reader = await first.openReader(spec, { name: "watching" }, endless());
  const second = new ShmFrameBus({ prefix });
  const codeOf = (thrown: unknown) => PlayoutError.is(thrown, "AlreadyExists");
  expect(() => second.showReaders(spec)).toThrow(expect.toSatisfy(codeOf));
  expect(codeOf(await second.create(spec, endless()).catch((thrown: unknown) => thrown))).toBe(true);
  await using _late = await second.openReader(spec, { name: "late" }, endless());
  expect(table.readers().map((entry) => entry.name)).toEqual(["watching", "late"]);
  expect(committer.readers()).toEqual(table.readers());
});

test("life/a-reader-of-pictures-that-were-cut-short-lives-and-is-told", async () => {
  const prefix = prefixOf();
  const bus = new ShmFrameBus({ prefix });
  const grid = new HouseGrid(spec.format.frameRate, spec.format.sampleRate);
  const first = tickAfter(grid.tickAtOrBefore(spec.mapping.houseAnchor), 4);
  await using committer = await bus.create(spec, endless());
  committer.start(first);
  await using writer = await bus.openWriter(committer.openLane(), endless());
  await using reader = await bus.openReader(spec, {}, endless());
  const picture = await writer.loan(endless());
  for (const plane of picture.planes) plane.fill(99);
  writer.submit(first, picture, undefined, metaOf());
  const lease = await reader.at(first, endless());
  if (lease.overrun) throw new Error("the tick is there");
  expect(lease.picture.planes[0]?.[0]).toBe(99);
  truncateSync(`/dev/shm/${prefix}.east.ch7.pictures`, 0);
  expect(lease.picture.planes[0]?.[0]).toBe(0);
  expect(lease.release()).toBe("overwritten");
});

test("life/no-room-is-an-error-that-names-the-size", async () => {
  const bus = new ShmFrameBus({ prefix: prefixOf() });
  const huge = {
    ...spec,
    format: { ...spec.format, width: 16_384, height: 16_384 },
    leadTicks: 1_000,
    historyTicks: 10_000,
  };
  const error = await bus.create(huge, endless()).catch((thrown: unknown) => thrown);
  expect(PlayoutError.is(error, "OutOfSharedMemory")).toBe(true);
  expect(String(error)).toContain(String(bus.memoryBytes(huge)));
});

test("life/memory-is-exactly-as-computed", async () => {
  const prefix = prefixOf();
  const bus = new ShmFrameBus({ prefix });
  await using committer = await bus.create(spec, endless());
  const ticket = committer.openLane();
  const names = objectsOf(prefix).map((name) => join("/dev/shm", name));
  expect(names).toContain(ticket.path);
  const taken = names.map((name) => statSync(name)).reduce((sum, { blocks }) => sum + blocks * 512, 0);
  // There is room for the lane of the worker that replaces this one.
  expect(taken + statSync(ticket.path).size).toBe(bus.memoryBytes(spec));
});

test("life/ticks-far-from-any-grid-are-refused-not-thrown", async () => {
  const bus = new ShmFrameBus({ prefix: prefixOf() });
  await using committer = await bus.create(spec, endless());
  await using writer = await bus.openWriter(committer.openLane(), endless());
  const why: string[] = [];
  const told = new Promise<void>((resolve) =>
    writer.onRefused((refusal) => {
      why.push(refusal.why);
      if (why.length === 3) resolve();
    }),
  );

  for (const tick of [Number.NaN, -5, 2 ** 53 - 1]) writer.submit(tick as Tick, "black", undefined, metaOf());
  await told;
  expect(why.sort()).toEqual(["OutOfOrder", "OutOfOrder", "TooFar"]);
});
