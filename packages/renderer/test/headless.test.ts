import {
  type Clock,
  defaultProgramFormat,
  type EncodeSettings,
  type FrameLease,
  type FrameReader,
  HouseGrid,
  type Tick,
} from "@retrovue/core";
import { expect, test } from "vitest";
import { HeadlessRenderer } from "../src/headless/index.js";

const format = { ...defaultProgramFormat, width: 16, height: 16 };
const grid = new HouseGrid(format.frameRate, format.sampleRate);
const first = 1_000 as Tick;

/** A bus of which each third tick says another time than the grid's. */
function readerThatErrs(ticks: number, onEnd: () => void): FrameReader {
  return {
    format,
    head: () => first,
    oldest: () => first,
    at: async (tick: Tick, signal: AbortSignal): Promise<FrameLease> => {
      if (tick - first === ticks) {
        onEnd();
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      }
      return {
        overrun: false,
        tick,
        time: grid.tickTime(tick) + (tick % 3 === 0 ? 1n : 0n),
        pictureId: String(tick),
        sampleStart: grid.sampleAt(tick),
        samples: grid.samplesIn(tick),
        copySound: () => "intact",
        release: () => "intact",
      } as unknown as FrameLease;
    },
    [Symbol.asyncDispose]: async () => {},
  } as unknown as FrameReader;
}

test("render/a-headless-renderer-counts-the-ticks-that-are-not-as-the-grid-says", async () => {
  const clock = { now: () => grid.tickTime(first), sleepUntil: async () => {} } as unknown as Clock;
  const { promise, resolve } = Promise.withResolvers<void>();
  await using renderer = new HeadlessRenderer(format);
  renderer.start(
    { controlPath: undefined, openReader: () => Promise.resolve(readerThatErrs(30, resolve)) },
    clock,
    {} as EncodeSettings,
  );
  await promise;
  expect(renderer.counters()).toMatchObject({ encodedFrames: 30, bytes: 0, timingFaults: 10 });
});
