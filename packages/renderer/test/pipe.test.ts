import { closeSync, mkdtempDisposableSync, openSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, MemoryFrameBus, ptsOfTick, type Tick, tickAfter } from "@retrovue/core";
import { ShmFrameBus } from "@retrovue/framebus-shm";
import {
  faultsOf,
  parseTransportStream,
  RenderBench,
  renderSettings,
  streamsOf,
} from "@retrovue/plugin-contract";
import { expect, test, vi } from "vitest";
import { LibavRendererFactory } from "../src/index.js";

interface Record {
  readonly tick: number;
  readonly flags: number;
  readonly bytes: Buffer;
}

/** Records as core's renderer port writes them; a last one that is not whole yet is left out. */
function recordsIn(pipe: Buffer): Record[] {
  const records: Record[] = [];
  for (let at = 0; at + 16 <= pipe.length; ) {
    const length = pipe.readUInt32LE(at);
    if (at + 16 + length > pipe.length) break;
    records.push({
      flags: pipe.readUInt32LE(at + 4),
      tick: Number(pipe.readBigInt64LE(at + 8)),
      bytes: pipe.subarray(at + 16, at + 16 + length),
    });
    at += 16 + length;
  }
  return records;
}

test.each([
  ["a bus that native code maps", () => new ShmFrameBus()],
  ["a bus that is fed", (clock: Clock) => new MemoryFrameBus({ clock })],
])(
  "renderer/what-it-pipes-by-itself-is-the-stream-tick-by-tick-and-taps-hear-nothing: %s",
  async (_, openBus) => {
    const signal = AbortSignal.timeout(25_000);
    using folder = mkdtempDisposableSync(join(tmpdir(), "retrovue-pipe-"));
    const path = join(folder.path, "stream");
    // Before the bench, so that it is closed after the renderer.
    const descriptor = openSync(path, "w");
    try {
      await using bench = await RenderBench.make({ factory: new LibavRendererFactory(), openBus }, signal);
      await bench.openBus();
      const renderer = await bench.startRenderer({ ...renderSettings, serviceName: "One" });
      renderer.pipeTo?.(descriptor);
      const { first } = bench;
      await bench.play(renderer, first, 60);
      const last = tickAfter(first, 55);
      bench.moveTo(bench.grid.tickTime(tickAfter(last, 1)));
      const records = await vi.waitUntil(
        () => {
          const there = recordsIn(readFileSync(path));
          return there.some(({ tick }) => tick >= last) && there;
        },
        { interval: 5, timeout: 20_000 },
      );
      expect(bench.heard.length).toBe(0);
      const ticks = records.map(({ tick }) => tick).filter((tick) => tick <= last);
      expect([...new Set(ticks)]).toEqual(Array.from({ length: 56 }, (_, n) => first + n));
      expect(records[0]?.flags).toBe(1);
      const stream = parseTransportStream(Buffer.concat(records.map(({ bytes }) => bytes)));
      expect(faultsOf(stream, 1_920n)).toEqual([]);
      const { pictures } = streamsOf(stream);
      expect(pictures[0]?.pts).toBe(ptsOfTick(bench.grid, first as Tick));
      // Random access where the records say so, and nowhere else.
      const marked = records.filter(({ flags }) => flags === 1).map(({ tick }) => tick);
      expect(marked.length).toBeGreaterThan(1);
      for (const { flags, bytes } of records)
        expect((bytes.readUInt16BE(1) & 0x1fff) === 0 || flags === 0).toBe(true);
    } finally {
      closeSync(descriptor);
    }
  },
);

test("renderer/stills-share-a-reader-that-is-closed-when-nobody-asks-and-replaced-with-its-bus", async () => {
  const signal = AbortSignal.timeout(25_000);
  await using bench = await RenderBench.make(
    { factory: new LibavRendererFactory(), openBus: () => new ShmFrameBus() },
    signal,
  );
  await bench.openBus();
  const renderer = await bench.openRenderer();
  const seen = { opened: 0, closed: 0 };
  const source = {
    controlPath: bench.source.controlPath,
    openReader: async (of: AbortSignal) => {
      const reader = await bench.source.openReader(of);
      seen.opened++;
      const close = reader[Symbol.asyncDispose].bind(reader);
      reader[Symbol.asyncDispose] = () => {
        seen.closed++;
        return close();
      };
      return reader;
    },
  };
  renderer.start(source, bench.clock, renderSettings);
  await bench.play(renderer, bench.first, 5);
  const still = async () => [...((await renderer.snapshot?.({}, signal)) ?? [])].slice(0, 2);
  for (let n = 0; n < 3; n++) expect(await still()).toEqual([0xff, 0xd8]);
  await Promise.all([still(), still()]);
  expect(seen).toEqual({ opened: 1, closed: 0 });
  await bench.closeBus();
  bench.moveTo((bench.clock.now() + 3_000_000_000n) as never);
  await bench.openBus();
  await bench.submit(bench.first);
  expect(await still()).toEqual([0xff, 0xd8]);
  expect(seen).toEqual({ opened: 2, closed: 1 });
  bench.moveTo((bench.clock.now() + 10_000_000_000n) as never);
  await vi.waitUntil(() => seen.closed === 2, { interval: 1, timeout: 20_000 });
});
