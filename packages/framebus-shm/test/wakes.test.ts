import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { defaultProgramFormat, HouseGrid, type Nanoseconds, tickAfter } from "@retrovue/core";
import { metaOf } from "@retrovue/core/testing";
import { expect, test } from "vitest";
import { ShmFrameBus } from "../src/index.js";
import type { NativeAddon, NativeWriter } from "../src/native.js";
import { ShmWriter } from "../src/shm-writer.js";

const addonPath = fileURLToPath(new URL("../build/Release/framebus_shm.node", import.meta.url));
const addon = createRequire(import.meta.url)(addonPath) as NativeAddon;
const houseAnchor = 1_800_000_000_000_000_000n as Nanoseconds;
const format = { ...defaultProgramFormat, width: 34, height: 18 };
const first = tickAfter(new HouseGrid(format.frameRate, format.sampleRate).tickAtOrAfter(houseAnchor), 3);

/** A bus whose time stands still, so that its committer looks when it is woken and not before, and a writer that counts its wakes. */
async function openBus() {
  const prefix = `rvwakes-${process.pid}`;
  const committer = await new ShmFrameBus({ prefix }).create(
    {
      engineId: "east",
      channelId: 7,
      format,
      leadTicks: 8,
      historyTicks: 6,
      mapping: {
        sequence: 1,
        monoAnchor: 0n as Nanoseconds,
        houseAnchor,
        ratePpb: -1_000_000_000,
      },
    },
    new AbortController().signal,
  );
  committer.start(first);
  const { lane, path } = committer.openLane();
  const wakes: number[] = [];
  const writer = await ShmWriter.open(async (onNews) => {
    const native = await addon.openWriter(`/dev/shm/${prefix}.east.ch7`, path, lane, onNews);
    return new Proxy(native, {
      get(target, name: keyof NativeWriter) {
        if (name === "wake") wakes.push(committer.head());
        // Whoever awaits it looks for a `then`.
        return target[name]?.bind(target);
      },
    });
  });
  return { committer, writer, wakes };
}

test("bus/ticks-of-one-turn-wake-the-committer-once", async () => {
  const { committer, writer, wakes } = await openBus();
  await using _bus = committer;
  await using _lane = writer;
  for (let n = 0; n < 3; n++) {
    writer.submit(tickAfter(first, n), "slate", undefined, metaOf());
    await undefined;
  }
  expect(wakes).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(wakes).toHaveLength(1);
  while (committer.head() < first + 2) await new Promise((resolve) => setImmediate(resolve));
  writer.submit(tickAfter(first, 3), "slate", undefined, metaOf());
  while (committer.head() < first + 3) await new Promise((resolve) => setImmediate(resolve));
  expect(wakes).toEqual([expect.any(Number), first + 2]);
});

test("bus/a-writer-that-closes-at-once-leaves-nothing-that-it-has-handed-over", async () => {
  const { committer, writer, wakes } = await openBus();
  await using _bus = committer;
  writer.submit(first, "slate", undefined, metaOf());
  await writer[Symbol.asyncDispose]();
  expect(wakes).toHaveLength(1);
  while (committer.head() < first) await new Promise((resolve) => setImmediate(resolve));
});
