import { describe, expect, test } from "vitest";
import { ManualClock } from "../clock/manual-clock.js";
import { defaultProgramFormat } from "../media/program-format.js";
import { HouseGrid } from "../time/house-grid.js";
import { tick } from "../time/units.js";
import { BufferSupply } from "./buffer-supply.js";
import type { PictureBuffer } from "./frame-bus.js";
import { MemoryFrameBus } from "./memory-frame-bus.js";

const never = new AbortController().signal;
const format = { ...defaultProgramFormat, width: 16, height: 16 };
const grid = new HouseGrid(format.frameRate, format.sampleRate);
const settle = () => new Promise((resolve) => setImmediate(resolve));

async function supplied(buffersMax: number) {
  const clock = new ManualClock(grid.tickTime(tick(1_000)));
  const spec = {
    engineId: "t",
    channelId: 1,
    format,
    leadTicks: 4,
    historyTicks: 2,
    mapping: clock.mapping(),
  };
  const bus = new MemoryFrameBus({ clock });
  const committer = await bus.create({ ...spec, directReferences: buffersMax }, never);
  const writer = await bus.openWriter(committer.openLane(), never);
  return { writer, supply: new BufferSupply({ writer, format, buffersMax, fits: () => true }) };
}

describe("bus/buffer-supply", () => {
  test("bus/decoders-have-their-share-at-most", async () => {
    const { writer, supply } = await supplied(6);
    expect(supply.layout).toBeUndefined();
    await settle();
    expect(supply.layout).toMatchObject({
      width: 16,
      height: 16,
      pixelFormat: "yuv420p",
      roomRows: [16, 8, 8],
    });
    const lent: PictureBuffer[] = [];
    for (;;) {
      const buffer = supply.loan();
      if (buffer === undefined) break;
      lent.push(buffer);
      await settle();
    }
    expect(new Set(lent.map(({ index }) => index)).size).toBe(6);
    // The lead, the history and four more are there for everyone else, however much decoders keep.
    for (let n = 0; n < 10; n++) await writer.loan(never);
    lent[0]?.release();
    lent[0]?.release();
    expect(supply.out).toBe(5);
    await settle();
    expect(supply.loan()).toBeDefined();
    expect(supply.loan()).toBeUndefined();
  });

  test("bus/what-a-channel-holds-counts-for-it-and-not-for-the-decoder", async () => {
    const { supply } = await supplied(1);
    await settle();
    const buffer = supply.loan();
    const hold = buffer?.share?.();
    buffer?.release();
    expect(supply.out).toBe(0);
    expect(hold?.index).toBe(buffer?.index);
    await settle();
    expect(supply.loan()?.index).not.toBe(hold?.index);
  });

  test("bus/a-supply-that-is-disposed-gives-back-what-nobody-took", async () => {
    const { writer, supply } = await supplied(4);
    await settle();
    const buffer = supply.loan();
    supply[Symbol.dispose]();
    expect(supply.loan()).toBeUndefined();
    buffer?.release();
    await settle();
    const all = await Promise.all(Array.from({ length: 14 }, () => writer.loan(never)));
    expect(new Set(all.map(({ index }) => index)).size).toBe(14);
  });
});
