import { ShmFrameBus } from "@retrovue/framebus-shm";
import { RenderBench, renderSettings } from "@retrovue/plugin-contract";
import { expect, test, vi } from "vitest";
import { LibavRendererFactory } from "../src/index.js";

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
