import { describe, expect, test } from "vitest";
import { MemoryFrameBus } from "../bus/memory-frame-bus.js";
import { ManualClock } from "../clock/manual-clock.js";
import { defaultProgramFormat } from "../media/program-format.js";
import { CopyConformer, FaultyDecoder, PatternDecoderFactory, patternAsset } from "../testing/index.js";
import { HouseGrid } from "../time/house-grid.js";
import { mediaTime, type Nanoseconds, nanosecondsFromMs, type Tick } from "../time/units.js";
import { PictureCursor } from "./picture-cursor.js";

const format = { ...defaultProgramFormat, width: 8, height: 2, frameRate: { num: 25, den: 1 } };
const grid = new HouseGrid(format.frameRate, format.sampleRate);
const how = { aspect: "preserve", alpha: 1, field: "both" } as const;

/** A cursor on an asset of ten seconds that ends after no picture at all, joined at `from` ms. */
async function cursorFrom(ms: number, stop: AbortController) {
  const clock = new ManualClock(1_000_000_000n as Nanoseconds);
  const pattern = patternAsset({ id: 1, pictures: { width: 8, height: 2 }, sound: false });
  const inner = await new PatternDecoderFactory([pattern]).open({ uri: pattern.uri }, {}, stop.signal);
  const decoder = new FaultyDecoder(inner, { picturesMax: 0 }, { clock, onCrash: () => {} });
  const bus = new MemoryFrameBus({ clock });
  const spec = {
    engineId: "t",
    channelId: 1,
    format,
    leadTicks: 12,
    historyTicks: 2,
    mapping: clock.mapping(),
  };
  const committer = await bus.create(spec, stop.signal);
  const cursor = new PictureCursor({
    decoder,
    decoderIndex: 0,
    conformer: new CopyConformer(format, { compact: true }),
    format,
    writer: await bus.openWriter(committer.openLane(), stop.signal),
    grid,
    clock,
    anchorFirst: 0 as Tick,
    snappedIn: mediaTime(0n),
    from: mediaTime(nanosecondsFromMs(ms)),
    onProgress: () => {},
    onStep: () => {},
    unfinished: { reads: new Set(), conforms: new Set() },
  });
  const ran = cursor.run(stop.signal).catch(() => {});
  await new Promise((resolve) => setImmediate(resolve));
  return { cursor, ran };
}

describe("a picture cursor", () => {
  test("channel/a-seek-ahead-past-the-end-does-not-end-what-it-jumped-over", async () => {
    const stop = new AbortController();
    const { cursor, ran } = await cursorFrom(4_000, stop);
    expect(cursor.answer(99 as Tick, how).is).toBe("not-yet");
    expect(cursor.answer(100 as Tick, how).is).toBe("ended");
    stop.abort();
    cursor.close();
    await ran;
  });
});
